using Airlock.Core;

namespace Airlock.Client.Tests;

public sealed class OfferTests
{
    [Fact]
    public void Token_or_ticket_has_at_most_as_many_characters_as_a_frame_takes_and_no_control_character()
    {
        foreach (var of in new Func<string, Offer>[] { static token => Offer.Of(token, null, CredentialCarrier.Hello), static ticket => Offer.Of(null, ticket, CredentialCarrier.Hello) })
        {
            foreach (var good in new[] { "x", " ", "\u00e9", new string('x', WireLimits.TokenLengthMax) })
            {
                Assert.Equal(good, of(good).Secret);
            }

            foreach (var bad in new[] { new string('x', WireLimits.TokenLengthMax + 1), "a\nb", "\0", "a\u001f", "\u007f", "\u0085" })
            {
                var wrong = Assert.Throws<ArgumentException>(() => of(bad));
                Assert.Contains("at most 16384 characters and no control character", wrong.Message, StringComparison.Ordinal);
                Assert.DoesNotContain(bad, wrong.Message, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void Nothing_given_is_nothing_offered()
    {
        foreach (var nothing in new[] { null, "" })
        {
            var offer = Offer.Of(nothing, nothing, CredentialCarrier.SubProtocol);
            Assert.Equal((null, ""), (offer.Carrier, offer.Secret));
            Assert.Empty(offer.Sent);
            Assert.Null(offer.InHello([]));
            Assert.Empty(offer.Stripped([]));
        }
    }

    [Fact]
    public void Token_travels_beside_hello_only_where_each_of_its_characters_may_stand()
    {
        foreach (var c in Enumerable.Range(0x20, 0x100).Select(static c => (char)c).Where(static c => !char.IsControl(c)))
        {
            // RFC 9110 §5.6.2.
            var isTokenCharacter = c is (>= 'a' and <= 'z') or (>= 'A' and <= 'Z') or (>= '0' and <= '9') || "!#$%&'*+-.^_`|~".Contains(c, StringComparison.Ordinal);
            Assert.Equal(isTokenCharacter ? "subprotocol" : null, Offer.Of($"a{c}", null, CredentialCarrier.SubProtocol).Carrier);
            Assert.Equal(c is > ' ' and <= '~' ? "authorization" : null, Offer.Of($"a{c}", null, CredentialCarrier.AuthorizationHeader).Carrier);
        }

        Assert.Null(Offer.Of("a", null, CredentialCarrier.Hello).Carrier);
        Assert.Null(Offer.Of(null, "a", CredentialCarrier.Hello).Carrier);
        Assert.Equal("ticket", Offer.Of(null, "a", CredentialCarrier.Query).Carrier);
    }

    [Fact]
    public void Hello_repeats_what_did_not_arrive_and_tells_which_carrier_was_used()
    {
        foreach (var (offer, carrier) in new[] { (Offer.Of("t", null, CredentialCarrier.SubProtocol), "subprotocol"), (Offer.Of(null, "t", CredentialCarrier.Query), "ticket") })
        {
            Assert.Equal([carrier], offer.Sent);
            Assert.Null(offer.InHello(["cookie", carrier]));
            Assert.Empty(offer.Stripped(["cookie", carrier]));
            Assert.Equal("t", offer.InHello(["cookie"])!.Token ?? offer.InHello([])!.Ticket);
            Assert.Equal([carrier], offer.Stripped(["cookie"]));
        }

        Assert.Equal("t", Offer.Of("t", null, CredentialCarrier.Hello).InHello(["authorization", "subprotocol", "ticket"])!.Token);
    }
}
