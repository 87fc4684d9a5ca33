using System.Reflection;

namespace Airlock.Core.Tests;

public sealed class CloseReasonTests
{
    [Fact]
    public void Catalogue_lists_every_reason_once_in_the_order_of_its_code()
    {
        var declared = typeof(CloseReason).GetFields(BindingFlags.Public | BindingFlags.Static).Where(field => field.FieldType == typeof(CloseReason)).Select(field => field.GetValue(null));
        Assert.Equal(declared, CloseReason.All);
        Assert.Equal(CloseReason.All.OrderBy(reason => reason.Code), CloseReason.All);
    }

    [Fact]
    public void Causes_and_codes_are_unique_but_for_the_ordinary_ends_and_those_of_the_layer_below()
    {
        Assert.Equal(CloseReason.All.Count, CloseReason.All.Select(reason => reason.Cause).Distinct().Count());
        var codes = CloseReason.All.SelectMany(reason => new[] { reason.Code, reason.ResumeCode }.Distinct()).ToList();
        Assert.Equal([1000, 1002, 1006], codes.GroupBy(code => code).Where(group => group.Count() > 1).Select(group => group.Key));
    }

    [Fact]
    public void Codes_keep_to_the_ranges_that_may_be_sent()
    {
        foreach (var reason in CloseReason.All)
        {
            Assert.All(reason.Cause.Split('_'), word => Assert.True(word.Length > 0 && word.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c)), reason.Cause));
            // RFC 6455 §5.5: 125 bytes with the code.
            Assert.True(reason.Cause.Length <= 123, reason.Cause);
            foreach (var code in new[] { reason.Code, reason.ResumeCode })
            {
                var special = code switch
                {
                    1000 => reason == CloseReason.Bye || reason == CloseReason.ClientClosed,
                    1002 => reason == CloseReason.ProtocolError || reason == CloseReason.CloseInvalid,
                    1006 => reason == CloseReason.TransportLost || reason == CloseReason.UpgradeFailed,
                    1007 => reason == CloseReason.InvalidUtf8,
                    1011 => reason == CloseReason.InternalError,
                    _ => code is >= 4000 and <= 4399,
                };
                Assert.True(special, reason.ToString());
            }
        }
    }

    [Fact]
    public void A_closing_says_what_its_code_advises_and_is_resumable_only_with_a_session()
    {
        foreach (var (reason, code, hasSession) in from reason in CloseReason.All from code in new[] { reason.Code, reason.ResumeCode } from hasSession in new[] { false, true } select (reason, code, hasSession))
        {
            var frame = ClosingFrame.Of(reason, code, TimeSpan.FromSeconds(1.5), hasSession);
            var advice = CloseReason.AdviceFor(code);
            Assert.Equal(
                (code, reason.Cause, Retry(code), 1500L, hasSession && advice >= RetryAdvice.Resume, reason.Summary),
                (frame.Code, frame.Cause, frame.Retry, frame.RetryAfter, frame.Resumable, frame.Message));
        }
    }

    [Fact]
    public void Second_code_says_resume_later_where_the_first_says_new()
    {
        foreach (var reason in CloseReason.All)
        {
            if (reason.ResumeCode != reason.Code)
            {
                Assert.Equal((RetryAdvice.New, RetryAdvice.ResumeLater), (CloseReason.AdviceFor(reason.CodeFor(false)), CloseReason.AdviceFor(reason.CodeFor(true))));
            }

            // A server's fault never tells a client to give up.
            Assert.True(reason.Fault is not (Fault.Server or Fault.Network) || reason == CloseReason.InvalidUtf8 || CloseReason.AdviceFor(reason.Code) != RetryAdvice.Never, reason.ToString());
        }
    }

    [Fact]
    public void Advice_follows_from_the_range_of_the_code()
    {
        foreach (var (codes, advice) in new (int[] Codes, RetryAdvice Advice)[]
        {
            ([1000, 1002, 1003, 1007, 1008, 1009, 1010, 1015, 3000, 3999, 4000, 4099, 4400, 4900, 4999, 0, -1, 5000], RetryAdvice.Never),
            ([4100, 4150, 4199], RetryAdvice.New),
            ([1001, 1005, 1006, 1011, 1012, 1013, 1014, 4200, 4299], RetryAdvice.Resume),
            ([4300, 4399], RetryAdvice.ResumeLater),
        })
        {
            Assert.All(codes, code => Assert.Equal(advice, CloseReason.AdviceFor(code)));
        }
    }

    [Fact]
    public void Status_before_the_upgrade_is_an_error_of_the_right_side()
    {
        Assert.All(CloseReason.All, reason => Assert.True(reason.HttpStatus is 400 or 401 or 403 or 429 or 500 or 503, reason.ToString()));
        Assert.Equal("4031 superseded", CloseReason.Superseded.ToString());
    }

    [Fact]
    public void Table_in_the_specification_is_this_catalogue()
    {
        var rows = CloseReason.All.Select(reason =>
        {
            var (second, advice) = reason.ResumeCode == reason.Code ? ("", "") : ($"{reason.ResumeCode}", $", `{Retry(reason.ResumeCode)}`");
            return $"| {Shown(reason)} | {second} | `{reason.Cause}` | `{Retry(reason.Code)}`{advice} | {reason.Summary} |";
        });
        Golden.CheckPart("spec/wire.md", "catalogue", string.Join('\n', rows.Prepend("|---|---|---|---|---|").Prepend("| code | second code | cause | `retry` | meaning |")));
    }

    private static string Shown(CloseReason reason) => reason.Code == 1006 ? "(none: 1006)" : $"{reason.Code}";

    private static string Retry(int code) => CloseReason.AdviceFor(code) switch
    {
        RetryAdvice.New => "new",
        RetryAdvice.Resume => "resume",
        RetryAdvice.ResumeLater => "resume_later",
        _ => "never",
    };
}
