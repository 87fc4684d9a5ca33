using System.Globalization;
using Airlock.Server.Agent;

namespace Airlock.Server.Tests.Agent;

public class UsageReportTests
{
    private static readonly IReadOnlyList<UsageRow> s_sample = UsageCsv.Parse(UsageCsv.Sample);

    [Fact]
    public void The_sample_by_model_adds_up_as_it_does_by_hand()
    {
        var cost = UsageReport.ByModel(s_sample);

        Assert.Equal(SampleFigures.Total, cost.TotalUsd);
        Assert.Equal(SampleFigures.ByModel.OrderByDescending(model => model.Value), cost.Models.Select(model => KeyValuePair.Create(model.Model, model.CostUsd)));
        Assert.InRange(cost.Models.Sum(model => model.SharePercent), 99.7m, 100.3m);
        Assert.Equal("classify-ticket", cost.Models[0].MainPurpose);
        Assert.Equal(0, cost.OmittedModels);
    }

    [Fact]
    public void The_sample_by_day_adds_up_as_it_does_by_hand()
    {
        var cost = UsageReport.ByDay(s_sample);

        Assert.Equal(SampleFigures.Total, cost.TotalUsd);
        Assert.Equal(SampleFigures.ByDay, cost.Days.ToDictionary(day => day.Date.ToString("O", CultureInfo.InvariantCulture), day => day.CostUsd));
        SampleFigures.AssertClose(SampleFigures.MedianDay, cost.MedianUsd);
        Assert.Equal(SampleFigures.ByDay.MaxBy(day => day.Value).Key, cost.Peak.Date.ToString("O", CultureInfo.InvariantCulture));
        SampleFigures.AssertClose(SampleFigures.Sum(SampleFigures.IsWeekend) / 8, cost.WeekendUsd!.Value);
        SampleFigures.AssertClose((SampleFigures.Total - SampleFigures.Sum(SampleFigures.IsWeekend)) / 22, cost.WeekdayUsd!.Value);
        Assert.Equal([7, 7, 7, 7, 2], cost.Weeks.Select(week => week.Days));
        Assert.Equal(SampleFigures.Total, cost.Weeks.Sum(week => week.CostUsd));
        Assert.All(cost.Weeks, week => Assert.Equal(DayOfWeek.Monday, week.Monday.DayOfWeek));
    }

    [Fact]
    public void A_week_begins_on_the_monday_before_its_first_day()
    {
        var cost = UsageReport.ByDay([Row("2026-06-07"), Row("2026-06-08")]);

        Assert.Equal([new DateOnly(2026, 6, 1), new DateOnly(2026, 6, 8)], cost.Weeks.Select(week => week.Monday));
    }

    [Fact]
    public void Many_models_and_days_are_cut_off_and_counted()
    {
        var models = UsageReport.ByModel([.. Enumerable.Range(0, 40).Select(at => Row("2026-06-01", $"m{at}"))]);
        var days = UsageReport.ByDay([.. Enumerable.Range(0, 100).Select(at => Row(new DateOnly(2026, 1, 1).AddDays(at).ToString("O", CultureInfo.InvariantCulture)))]);

        Assert.Equal((30, 10), (models.Models.Count, models.OmittedModels));
        Assert.Equal(40m, models.TotalUsd);
        Assert.Equal((62, 38), (days.Days.Count, days.OmittedDays));
        Assert.Equal(100m, days.TotalUsd);
    }

    [Fact]
    public void Usage_that_cost_nothing_has_no_shares_and_does_not_fail()
    {
        UsageRow[] free = [Row("2026-06-01") with { CostUsd = 0, InputTokens = 0, OutputTokens = 0 }];

        Assert.Equal(0m, UsageReport.ByModel(free).Models[0].SharePercent);
        Assert.Null(UsageReport.ByModel(free).Models[0].UsdPerMillionTokens);
        Assert.Equal(0m, UsageReport.ByDay(free).MedianUsd);
        Assert.Empty(SavingsRules.Find(free).Found);
    }

    [Fact]
    public void The_largest_and_the_smallest_figures_that_are_read_stay_within_range()
    {
        const string Header = "date,model,input_tokens,output_tokens,cost_usd,requests,purpose,prompt";
        var text = Header + string.Concat(Enumerable.Range(0, UsageCsv.RowsMax).Select(at =>
            $"\n{new DateOnly(1, 1, 1).AddDays(at % 40):yyyy-MM-dd},m{at % 3},1000000000000,{(at % 2 == 0 ? 1 : 1000000000000)},"
            + $"{(at % 40 == 0 ? "1000000000" : "0.0000000001")},{(at % 5 == 0 ? 1 : 1000000000000)},,{(at % 7 == 0 ? "p" : "")}"));
        var rows = UsageCsv.Parse(text);

        Assert.Equal(250_000_000_000.0000010m, rows.Sum(row => row.CostUsd), 6);
        Assert.Equal(3, UsageReport.ByModel(rows).Models.Count);
        Assert.Equal(40, UsageReport.ByDay(rows).Days.Count);
        Assert.NotEmpty(SavingsRules.Find(rows).Found);
    }

    [Fact]
    public void An_amount_too_small_to_matter_is_nothing_and_not_a_divisor()
    {
        var text = "date,model,input_tokens,output_tokens,cost_usd" + string.Concat(Enumerable.Range(1, 9).Select(day =>
            $"\n2026-06-0{day},m,1,1,{(day == 5 ? "1000000000" : "1e-28")}"));
        var rows = UsageCsv.Parse(text);

        Assert.Equal(0m, UsageReport.ByDay(rows).MedianUsd);
        Assert.Empty(SavingsRules.Find(rows).Found);
    }

    private static UsageRow Row(string date, string model = "m") =>
        new(DateOnly.Parse(date, CultureInfo.InvariantCulture), model, 1_000, 1_000, 1m);
}
