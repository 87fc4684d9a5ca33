using System.Text;

namespace Airlock.Core.Tests;

public class ReceptionTests
{
    [Fact]
    public void Table_in_the_specification_is_what_the_code_says()
    {
        var page = new StringBuilder("""
            # What a client's frame means, as the code says it

            Printed by a test from the shipped table; do not edit. The phase is the reader's: a message that is read while the connection is being attached is held or stored, never both.
            A frame of a type that only servers send closes with `unknown_frame` in every phase but `Ending`, as one of a type that nobody knows does.

            | frame | BeforeHello | Starting | Serving | Ending |
            |---|---|---|---|---|

            """);
        foreach (var type in FrameTypesOfClients)
        {
            page.Append("| `").Append($"{type}".ToLowerInvariant()).Append("` | ").AppendJoin(" | ", Enum.GetValues<ReceptionPhase>().Select(phase => Cell(Reception.Of(phase, type)))).Append(" |\n");
        }

        page.Append("\nA message that is stored or acknowledges closes its connection if the session refuses it:\n\n| verdict | cause |\n|---|---|\n");
        foreach (var (verdict, cause) in Verdicts)
        {
            page.Append("| ").Append(verdict).Append(" | ").Append(cause is null ? "" : $"`{cause.Cause}`").Append(" |\n");
        }

        Golden.Check("spec/reception-table.md", page.ToString());

        static string Cell(FrameMeaning meaning) => Reception.CauseOf(meaning) is { } cause ? $"close `{cause.Cause}`" : $"{meaning}";
    }

    [Fact]
    public void Frames_that_only_servers_send_are_unknown_until_the_end()
    {
        foreach (var type in Enum.GetValues<FrameType>().Except(FrameTypesOfClients))
        {
            foreach (var phase in Enum.GetValues<ReceptionPhase>())
            {
                Assert.Equal(phase == ReceptionPhase.Ending ? null : CloseReason.UnknownFrame, Reception.CauseOf(Reception.Of(phase, type)));
            }
        }
    }

    [Fact]
    public void Data_has_exactly_one_fate_in_each_phase()
    {
        Assert.Equal(
            [FrameMeaning.CloseWithoutHello, FrameMeaning.Hold, FrameMeaning.Store, FrameMeaning.Nothing],
            Enum.GetValues<ReceptionPhase>().Select(static phase => Reception.Of(phase, FrameType.Data)));
    }

    [Fact]
    public void Only_what_the_client_did_wrong_or_another_connection_took_closes()
    {
        Assert.Equal(
            [CloseReason.SequenceConflict, CloseReason.SequenceGap, CloseReason.WindowExceeded, CloseReason.Superseded, CloseReason.FrameOutOfPhase],
            Enum.GetValues<AppendVerdict>().Select(static verdict => Reception.CauseOf(verdict)).OfType<CloseReason>());
        Assert.Equal([CloseReason.AckInvalid, CloseReason.AckInvalid, CloseReason.Superseded], Enum.GetValues<AckVerdict>().Select(static verdict => Reception.CauseOf(verdict)).OfType<CloseReason>());
        Assert.Equal([CloseReason.Superseded], Enum.GetValues<AttachmentVerdict>().Select(static verdict => Reception.CauseOf(verdict)).OfType<CloseReason>());
    }

    private static FrameType[] FrameTypesOfClients => [FrameType.Hello, FrameType.Data, FrameType.Ack, FrameType.Stop, FrameType.Refresh, FrameType.Bye, FrameType.Pong];

    private static IEnumerable<(string Verdict, CloseReason? Cause)> Verdicts =>
        [
            .. Enum.GetValues<AppendVerdict>().Select(static verdict => ($"stored: {verdict}", Reception.CauseOf(verdict))),
            .. Enum.GetValues<AckVerdict>().Select(static verdict => ($"acknowledged: {verdict}", Reception.CauseOf(verdict))),
            .. Enum.GetValues<AttachmentVerdict>().Select(static verdict => ($"stop or bye: {verdict}", Reception.CauseOf(verdict))),
        ];
}
