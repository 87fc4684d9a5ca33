using Airlock.Core;
using Airlock.Server.Live;

namespace Airlock.Server.Tests.Live;

public sealed class CausesPageTests
{
    private const string Words = """
        # Causes

        Before the first.

        ### `bye`

        The client is *done*, <b>really</b>.

        #### A heading inside

        More.

        ## Another range

        ### `transport_lost` and more

        Gone.
        """;

    [Fact]
    public void Words_belong_to_the_heading_above_them()
    {
        var sections = CausesPage.SectionsOf(Words);
        Assert.Equal(["bye", "transport_lost"], sections.Keys);
        Assert.StartsWith("The client is *done*", sections["bye"]);
        Assert.EndsWith("More.", sections["bye"]);
        Assert.Equal("Gone.", sections["transport_lost"]);
    }

    [Fact]
    public void Every_cause_has_an_entry_to_link_to()
    {
        var html = CausesPage.Entries(CausesPage.SectionsOf(Words));
        Assert.All(CloseReason.All, reason => Assert.Contains($"id=\"{reason.Cause}\"", html, StringComparison.Ordinal));
        Assert.Contains("4101, with a session 4301", html);
        Assert.Contains("It starts a new session after a back-off. With a session: It reconnects after the server’s hint", html);
        Assert.Contains("*done*, &lt;b&gt;really&lt;/b&gt;.", html);
        Assert.DoesNotContain("<b>", html);
    }
}
