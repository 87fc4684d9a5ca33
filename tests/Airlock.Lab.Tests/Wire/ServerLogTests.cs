using Airlock.Lab.Wire;

namespace Airlock.Lab.Tests.Wire;

public sealed class ServerLogTests
{
    [Fact]
    public void A_transition_is_read_by_event_id_and_field()
    {
        var entry = ServerLog.Read("""{"Timestamp":"2025-09-10T05:18:40.6820720Z","EventId":1,"LogLevel":"Debug","Category":"Airlock","Message":"…","State":{"Connection":"x","Event":"GatesChanged","From":"Authenticated","To":"ServicesReady"}}""", "server 1");
        Assert.NotNull(entry);
        Assert.Equal(("move", "x", "AUTHENTICATED", "SERVICES_READY", "server 1"), (entry.What, entry.Connection, entry.From, entry.To, entry.Process));
        Assert.Equal(682_072, entry.At.Ticks % TimeSpan.TicksPerSecond / 10);
    }

    [Fact]
    public void An_end_has_its_code_and_cause()
    {
        var entry = ServerLog.Read("""{"Timestamp":"2025-09-10T05:18:40Z","EventId":4,"LogLevel":"Debug","Category":"Airlock","Message":"…","State":{"Connection":"x","Code":1000,"Cause":"bye"}}""", "server 1");
        Assert.Equal(("end", 1000, "bye"), (entry?.What, entry?.Code, entry?.Cause));
    }

    [Fact]
    public void Another_librarys_error_is_an_error_and_its_event_id_is_not_the_drivers()
    {
        var entry = ServerLog.Read("""{"Timestamp":"2025-09-10T05:18:40Z","EventId":1,"LogLevel":"Error","Category":"Microsoft.AspNetCore.Server.Kestrel","Message":"It broke.","State":{}}""", "server 1");
        Assert.Equal(("log", "Error", "It broke.", 0L), (entry?.What, entry?.From, entry?.Cause, entry?.Number));
    }

    [Theory]
    [InlineData("airlock listens on http://127.0.0.1:5080")]
    [InlineData("{ broken")]
    [InlineData("{}")]
    [InlineData("""{"Timestamp":"2025-09-10T05:18:40Z","EventId":9,"LogLevel":"Information","Category":"Airlock","Message":"…","State":{}}""")]
    public void What_tells_nothing_is_passed_over(string line) => Assert.Null(ServerLog.Read(line, "server 1"));
}
