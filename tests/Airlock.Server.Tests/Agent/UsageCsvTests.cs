using Airlock.Server.Agent;

namespace Airlock.Server.Tests.Agent;

public class UsageCsvTests
{
    private const string Header = "date,model,input_tokens,output_tokens,cost_usd";
    private const string Row = "2026-06-01,large-1,100,20,0.5";

    [Fact]
    public void Reads_the_five_columns()
    {
        var row = Assert.Single(UsageCsv.Parse($"{Header}\n{Row}\n"));

        Assert.Equal(new UsageRow(new DateOnly(2026, 6, 1), "large-1", 100, 20, 0.5m, Requests: 1, Purpose: "", Prompt: ""), row);
    }

    [Fact]
    public void Reads_columns_in_any_order_with_extra_ones_quotes_and_windows_line_ends()
    {
        var text = "\uFEFFModel,\"cost_usd\",purpose,date,requests,team,output_tokens,input_tokens,prompt\r\n"
            + "\"large, \"\"the\"\" one\",1.5,chat,2026-06-01,7,a,20,100,p1\r\n\r\n";

        var row = Assert.Single(UsageCsv.Parse(text));

        Assert.Equal(new UsageRow(new DateOnly(2026, 6, 1), "large, \"the\" one", 100, 20, 1.5m, 7, "chat", "p1"), row);
    }

    [Fact]
    public void Reads_a_small_amount_in_scientific_notation()
    {
        Assert.Equal(0.00005m, UsageCsv.Parse($"{Header}\n2026-06-01,m,1,1,5e-05")[0].CostUsd);
    }

    [Theory]
    [InlineData("", 1, "header is missing")]
    [InlineData("date,model,input_tokens\n", 1, "lacks output_tokens, cost_usd")]
    [InlineData("date;model;input_tokens;output_tokens;cost_usd\n", 1, "separated by commas")]
    [InlineData(Header + ",date\n", 1, "'date' is there twice")]
    [InlineData(Header + "\n", 3, "no rows")]
    [InlineData(Header + "\n" + Row + "\n2026-06-01,large-1,100,20", 3, "4 fields; the header has 5")]
    [InlineData(Header + "\n01.06.2026,large-1,100,20,0.5", 2, "date is '01.06.2026'")]
    [InlineData(Header + "\n2026-02-30,large-1,100,20,0.5", 2, "date is '2026-02-30'")]
    [InlineData(Header + "\n2026-06-01,,100,20,0.5", 2, "model is empty")]
    [InlineData(Header + "\n2026-06-01,m,many,20,0.5", 2, "input_tokens is 'many'")]
    [InlineData(Header + "\n2026-06-01,m,-1,20,0.5", 2, "input_tokens is '-1'")]
    [InlineData(Header + "\n2026-06-01,m,1,1.5,0.5", 2, "output_tokens is '1.5'")]
    [InlineData(Header + "\n2026-06-01,m,1,99999999999999999999,0.5", 2, "output_tokens is")]
    [InlineData(Header + "\n2026-06-01,m,1,1,", 2, "cost_usd is empty")]
    [InlineData(Header + "\n2026-06-01,m,1,1,$5", 2, "cost_usd is '$5'")]
    [InlineData(Header + "\n2026-06-01,m,1,1,-5", 2, "cost_usd is '-5'")]
    [InlineData(Header + "\n2026-06-01,m,1,1,1e99", 2, "cost_usd is '1e99'")]
    [InlineData(Header + ",requests\n2026-06-01,m,1,1,1,0", 2, "requests is '0'")]
    [InlineData(Header + "\n2026-06-01,\"m,1,1,1", 2, "not closed")]
    [InlineData(Header + "\n2026-06-01,\"m\"x,1,1,1", 2, "after the closing quote of field 2")]
    [InlineData(Header + "\n2026-06-01,a\u0007b,1,1,1", 2, "model must be plain text")]
    public void Bad_input_names_its_line_and_what_is_wrong(string text, int line, string problem)
    {
        var error = Assert.Throws<UsageCsvException>(() => UsageCsv.Parse(text));

        Assert.Equal(line, error.Line);
        Assert.StartsWith($"Line {line}: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Reads_the_last_row_that_is_allowed_and_refuses_the_next()
    {
        var full = Header + string.Concat(Enumerable.Repeat("\n" + Row, UsageCsv.RowsMax));

        Assert.Equal(UsageCsv.RowsMax, UsageCsv.Parse(full).Count);
        Assert.Equal(UsageCsv.RowsMax + 2, Assert.Throws<UsageCsvException>(() => UsageCsv.Parse(full + "\n" + Row)).Line);
    }

    [Fact]
    public void Reads_the_longest_line_and_refuses_a_longer_one()
    {
        var padding = new string('x', UsageCsv.LineCharactersMax - Row.Length - 1);

        Assert.Single(UsageCsv.Parse($"{Header},note\n{Row},{padding}"));
        Assert.Equal(2, Assert.Throws<UsageCsvException>(() => UsageCsv.Parse($"{Header},note\n{Row},{padding}x")).Line);
    }

    [Fact]
    public void Finds_the_data_between_the_words_of_a_message()
    {
        Assert.Equal($"{Header}\n{Row}", UsageCsv.FindIn($"Here it is, date and model and all:\n```csv\n{Header}\n{Row}\n```\nThanks, bye"));
        Assert.Equal($"{Header}\n{Row}", UsageCsv.FindIn($"{Header}\r\n{Row}\r\n\r\nWhat now?"));
    }

    [Theory]
    [InlineData("Where does my spend go by date, model and day?")]
    [InlineData("")]
    [InlineData("a,b,c\n1,2,3")]
    public void Finds_no_data_where_there_is_none(string text) => Assert.Null(UsageCsv.FindIn(text));

    [Theory]
    [InlineData("date;model;cost_usd\n1;2;3")]
    [InlineData("date,model,price\n1,2,3")]
    public void Finds_data_with_mistakes_so_that_they_can_be_named(string text) => Assert.Equal(text, UsageCsv.FindIn(text));

    [Fact]
    public void The_sample_is_thirty_days_of_five_models()
    {
        var rows = UsageCsv.Parse(UsageCsv.Sample);

        Assert.InRange(rows.Count, 60, 90);
        Assert.Equal(30, rows.Select(row => row.Date).Distinct().Count());
        Assert.Equal(5, rows.Select(row => row.Model).Distinct().Count());
    }
}
