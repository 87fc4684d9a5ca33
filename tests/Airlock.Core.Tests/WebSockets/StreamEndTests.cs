namespace Airlock.Core.Tests;

public class StreamEndTests
{
    [Fact]
    public void An_end_has_the_cause_that_the_bytes_and_the_layer_tell()
    {
        (bool IsClosedByLayer, int CloseSent, string? Bytes, string Cause, int? Code)[] ends =
        [
            // Nobody looked at the bytes: only what the layer says is known.
            (false, 0, null, "transport_lost", null),
            (true, 0, null, "protocol_error", null),
            // Nothing wrong came.
            (false, 0, "", "transport_lost", null),
            // The layer looks at text; what follows it has not seen.
            (true, 1007, "C1", "invalid_utf8", null),
            (false, 1007, "", "transport_lost", null),
            // A close frame that the layer takes for a fault: it is the client's word.
            (true, 1002, "88 82 00000000 03f6", "client_closed", 1014),
            (false, 0, "88 82 00000000 03f6", "client_closed", 1014),
            // Half a code, and one that may not be sent.
            (true, 1002, "88 81 00000000 03", "close_invalid", null),
            (true, 1002, "88 82 00000000 03ed", "close_invalid", null),
            // A frame without a mask, a reserved bit: whoever was refused for it.
            (true, 1002, "81 01 61", "protocol_error", null),
            (false, 0, "c1 81 00000000 61", "protocol_error", null),
        ];
        foreach (var (isClosedByLayer, closeSent, bytes, cause, code) in ends)
        {
            SocketScan? received = null;
            if (bytes is not null)
            {
                received = new SocketScan();
                received.Read(Convert.FromHexString(bytes.Replace(" ", "", StringComparison.Ordinal)));
            }

            var end = StreamEnd.Of(isClosedByLayer, closeSent, received);
            Assert.Equal((EventKind.TransportLost, cause, code), (end.Kind, end.Reason!.Cause, end.Code));
        }
    }
}
