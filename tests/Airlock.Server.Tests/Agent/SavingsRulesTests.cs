using Airlock.Server.Agent;
using static Airlock.Server.Tests.Agent.SampleFigures;

namespace Airlock.Server.Tests.Agent;

public class SavingsRulesTests
{
    private static readonly DateOnly s_monday = new(2026, 6, 1);

    [Fact]
    public void The_sample_has_the_savings_that_one_finds_by_hand()
    {
        const string Storm = "2026-06-17";
        var calm = Lines.Where(line => line[0] != Storm).ToArray();
        var faq = calm.Where(line => line[3] == "pricing-faq").ToArray();
        var left = calm.Except(faq).ToArray();
        var small = left.Where(line => line[1] == "small-1").ToArray();
        var classify = left.Where(line => line[2] == "classify-ticket").ToArray();
        var smallPrice = small.Sum(Cost) / small.Sum(line => Number(line, 5) + Number(line, 6));
        var expected = new Dictionary<string, decimal>
        {
            ["anomaly_day"] = Sum(line => line[0] == Storm) - MedianDay,
            ["repeated_prompts"] = faq.Sum(line => Cost(line) * (Number(line, 4) - 1) / Number(line, 4)),
            ["cheaper_model"] = classify.Sum(Cost) - (classify.Sum(line => Number(line, 5) + Number(line, 6)) * smallPrice),
            ["weekend_batch"] = left.Where(line => line[2] == "nightly-report" && IsWeekend(line)).Sum(Cost) / 2,
        };

        var savings = SavingsRules.Find(UsageCsv.Parse(UsageCsv.Sample));

        Assert.Equal(4, savings.Found.Count);
        Assert.All(savings.Found, saving => AssertClose(expected[saving.Kind], saving.AmountUsd));
        Assert.Equal(savings.Found.OrderByDescending(saving => saving.AmountUsd), savings.Found);
        AssertClose(expected.Values.Sum(), savings.PossibleUsd);
        Assert.Contains("retry storm", savings.Found.Single(saving => saving.Kind == "anomaly_day").Reasoning, StringComparison.Ordinal);
    }

    [Fact]
    public void A_day_of_three_times_the_median_is_no_anomaly_but_a_little_more_is()
    {
        UsageRow[] Week(decimal peak) =>
            [.. Enumerable.Range(0, 7).Select(day => new UsageRow(s_monday.AddDays(day), "m", 5_000, 5_000, day == 2 ? peak : day >= 5 ? 5m : 10m))];

        Assert.Empty(SavingsRules.Find(Week(30m)).Found);
        var saving = Assert.Single(SavingsRules.Find(Week(30.01m)).Found);
        Assert.Equal(("anomaly_day", 20.01m), (saving.Kind, saving.AmountUsd));
    }

    [Fact]
    public void Six_days_are_too_few_to_call_one_an_anomaly()
    {
        Assert.Empty(SavingsRules.Find(
            [.. Enumerable.Range(0, 6).Select(day => new UsageRow(s_monday.AddDays(day), "m", 5_000, 5_000, day == 5 ? 99m : 1m))]).Found);
    }

    [Fact]
    public void A_repeated_prompt_is_paid_once_a_day()
    {
        UsageRow Call(int day) => new(s_monday.AddDays(day), "m", 5_000, 5_000, 2m, Prompt: "p");

        var saving = Assert.Single(SavingsRules.Find([Call(0), Call(0), Call(0), Call(1)]).Found);

        Assert.Equal(("repeated_prompts", 4m), (saving.Kind, saving.AmountUsd));
        Assert.Empty(SavingsRules.Find([Call(0), Call(1), Call(2)]).Found);
    }

    [Fact]
    public void Short_calls_go_to_the_cheapest_model_that_writes_text()
    {
        UsageRow[] rows =
        [
            new(s_monday, "dear", 900, 50, 0.95m),
            new(s_monday, "cheap", 9_000, 1_000, 1m),
            new(s_monday, "embeds", 100_000, 0, 0.01m),
        ];

        var saving = Assert.Single(SavingsRules.Find(rows).Found);

        Assert.Equal(("cheaper_model", 0.95m - 0.095m), (saving.Kind, saving.AmountUsd));
        Assert.Contains("dear to cheap", saving.Title, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1_001, 50)]
    [InlineData(1_000, 51)]
    public void Longer_calls_stay_where_they_are(long input, long output)
    {
        Assert.Empty(SavingsRules.Find([new(s_monday, "dear", input, output, 1m), new(s_monday, "cheap", 9_000, 1_000, 1m)]).Found);
    }

    [Fact]
    public void A_model_that_is_hardly_dearer_keeps_its_short_calls()
    {
        Assert.Empty(SavingsRules.Find([new(s_monday, "a", 950, 50, 0.299m), new(s_monday, "b", 9_000, 1_000, 1m)]).Found);
    }

    [Fact]
    public void Work_that_rests_on_weekends_is_not_called_scheduled()
    {
        UsageRow[] Days(decimal weekend) =>
            [.. Enumerable.Range(0, 14).Select(day => new UsageRow(s_monday.AddDays(day), "m", 5_000, 5_000, day % 7 >= 5 ? weekend : 10m))];

        Assert.Empty(SavingsRules.Find(Days(7.9m)).Found);
        var saving = Assert.Single(SavingsRules.Find(Days(8m)).Found);
        Assert.Equal(("weekend_batch", 16m), (saving.Kind, saving.AmountUsd));
    }

    [Fact]
    public void Savings_never_exceed_the_spend()
    {
        var random = new Random(20260601);
        for (var round = 0; round < 300; round++)
        {
            UsageRow[] rows = [.. Enumerable.Range(0, random.Next(1, 60)).Select(_ => new UsageRow(
                s_monday.AddDays(random.Next(14)), $"m{random.Next(3)}", random.Next(0, 3_000), random.Next(0, 120),
                random.Next(0, 1_000) / (random.Next(10) == 0 ? 1m : 100m), random.Next(1, 4), "", random.Next(3) == 0 ? $"p{random.Next(2)}" : ""))];

            var savings = SavingsRules.Find(rows);

            Assert.True(savings.PossibleUsd <= rows.Sum(row => row.CostUsd), $"Round {round} saves more than was spent.");
            Assert.All(savings.Found, saving => Assert.True(saving.AmountUsd > 0, $"Round {round}: {saving}"));
        }
    }
}
