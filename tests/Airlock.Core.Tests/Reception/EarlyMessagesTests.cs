namespace Airlock.Core.Tests;

public class EarlyMessagesTests
{
    private static readonly HoldCredit _before = new() { Messages = 2, Bytes = 10 };
    private static readonly HoldCredit _inAll = new() { Messages = 3, Bytes = 14 };

    [Fact]
    public void Messages_are_held_in_order_and_copied()
    {
        var early = new EarlyMessages(_before, _inAll);
        byte[] buffer = [1, 2];
        Assert.Null(early.Hold(new EarlyMessage(1, "a", buffer, "trace"), isAuthenticated: false, resumes: false));
        buffer[0] = 9;
        Assert.Null(early.Hold(new EarlyMessage(2, "b", buffer, null), isAuthenticated: false, resumes: false));

        Assert.True(early.TryTake(out var first));
        Assert.Equal((1, "a", "trace"), (first.Sequence, first.Id, first.TraceParent));
        Assert.Equal([1, 2], first.Payload.ToArray());
        Assert.True(early.TryTake(out var second));
        Assert.Equal((2, "b", null), (second.Sequence, second.Id, second.TraceParent));
        Assert.False(early.TryTake(out _));
    }

    [Theory]
    // Messages: up to the credit, and not one more. The larger credit counts what came before, too.
    [InlineData(false, new[] { 1, 1 }, 1)]
    [InlineData(true, new[] { 1, 1, 1 }, 1)]
    // Bytes.
    [InlineData(false, new[] { 10 }, 0)]
    [InlineData(false, new[] { 4 }, 7)]
    [InlineData(true, new[] { 10, 4 }, 0)]
    [InlineData(true, new[] { 10 }, 5)]
    public void Credit_holds_what_fits_and_not_more(bool isAuthenticated, int[] fit, int beyond)
    {
        var early = new EarlyMessages(_before, _inAll);
        for (var i = 0; i < fit.Length; i++)
        {
            Assert.Null(early.Hold(Of(i + 1, fit[i]), isAuthenticated, resumes: false));
        }

        // A byte more, or a message more where no byte is left over to tell.
        Assert.Equal(CloseReason.EarlyDataOverflow, early.Hold(Of(9, Math.Max(1, beyond)), isAuthenticated, resumes: false));
        for (var i = 0; i < fit.Length; i++)
        {
            Assert.True(early.TryTake(out var held));
            Assert.Equal((i + 1, fit[i]), ((int)held.Sequence, held.Payload.Length));
        }

        Assert.False(early.TryTake(out _));
    }

    [Fact]
    public void What_came_before_the_user_was_known_counts_afterwards_too()
    {
        var early = new EarlyMessages(_before, _inAll);
        Assert.Null(early.Hold(Of(1, 5), isAuthenticated: false, resumes: false));
        Assert.Null(early.Hold(Of(2, 5), isAuthenticated: false, resumes: false));
        Assert.Equal(CloseReason.EarlyDataOverflow, early.Hold(Of(3, 5), isAuthenticated: true, resumes: false));
        Assert.Null(early.Hold(Of(3, 4), isAuthenticated: true, resumes: false));
    }

    [Fact]
    public void Empty_messages_count_as_messages()
    {
        var early = new EarlyMessages(_before, _inAll);
        Assert.Null(early.Hold(Of(1, 0), isAuthenticated: false, resumes: false));
        Assert.Null(early.Hold(Of(2, 0), isAuthenticated: false, resumes: false));
        Assert.Equal(CloseReason.EarlyDataOverflow, early.Hold(Of(3, 0), isAuthenticated: false, resumes: false));
        Assert.Null(early.Hold(Of(3, 0), isAuthenticated: true, resumes: false));
        Assert.Equal(CloseReason.EarlyDataOverflow, early.Hold(Of(4, 0), isAuthenticated: true, resumes: false));
    }

    [Fact]
    public void Client_that_resumes_waits_for_ready()
    {
        var early = new EarlyMessages(_before, _inAll);
        Assert.Equal(CloseReason.EarlyData, early.Hold(Of(1, 0), isAuthenticated: true, resumes: true));
        Assert.False(early.TryTake(out _));
    }

    private static EarlyMessage Of(long sequence, int length) => new(sequence, $"m{sequence}", new byte[length], null);
}
