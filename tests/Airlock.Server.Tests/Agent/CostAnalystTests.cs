using Airlock.Server.Agent;
using Microsoft.Extensions.AI;

namespace Airlock.Server.Tests.Agent;

public class CostAnalystTests
{
    private const string Csv =
        "date,model,input_tokens,output_tokens,cost_usd\n2026-03-02,tiny,1000,100,1.25\n2026-03-03,huge|<b>,1000,100,2.50";

    [Theory]
    [InlineData("Where does my AI spend go?", "load_usage,cost_by_model,cost_by_day")]
    [InlineData("What is our bill?", "load_usage,cost_by_model,cost_by_day")]
    [InlineData("Use the sample please", "load_usage,cost_by_model,cost_by_day")]
    [InlineData("Show me the cost by model", "load_usage,cost_by_model")]
    [InlineData("Which model is the most expensive?", "load_usage,cost_by_model")]
    [InlineData("Spend per day", "load_usage,cost_by_day")]
    [InlineData("What is the trend?", "load_usage,cost_by_day")]
    [InlineData("Were there any spikes at the weekend?", "load_usage,cost_by_day")]
    [InlineData("What could I save?", "load_usage,find_savings")]
    [InlineData("How do I reduce my costs?", "load_usage,find_savings")]
    [InlineData("How can we cut the bill?", "load_usage,find_savings")]
    [InlineData("Spend by model and by day, and savings", "load_usage,cost_by_model,cost_by_day,find_savings")]
    [InlineData(Csv, "load_usage,cost_by_model,cost_by_day,find_savings")]
    [InlineData("By day please:\n" + Csv, "load_usage,cost_by_day")]
    [InlineData("Hello", "")]
    [InlineData("help", "")]
    [InlineData("Write me a poem about the sea today", "")]
    public async Task The_question_decides_which_tools_run_in_which_order(string question, string tools)
    {
        var events = await new AgentFixture(new CostAnalyst()).AskAsync(question);

        Assert.Equal(tools, string.Join(',', events.OfType<ToolExecuting>().Select(tool => tool.Tool)));
        Assert.All(events.OfType<ToolCompleted>(), tool => Assert.True(tool.Ok, tool.Summary));
    }

    [Fact]
    public async Task Where_the_spend_goes_is_answered_with_the_samples_figures()
    {
        var answer = await AnswerAsync("Where does my AI spend go?");

        Assert.Contains($"**{Money.Text(SampleFigures.Total)}**", answer, StringComparison.Ordinal);
        Assert.Contains("| Model | Spend |", answer, StringComparison.Ordinal);
        Assert.All(SampleFigures.ByModel, model =>
            Assert.Contains($"| {model.Key} | {Money.Text(model.Value)} |", answer, StringComparison.Ordinal));
        Assert.Contains($"**Wednesday, 17 Jun 2026** with {Money.Text(SampleFigures.ByDay["2026-06-17"])}", answer, StringComparison.Ordinal);
        Assert.Contains($"A median day costs {Money.Text(SampleFigures.MedianDay)}", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_trend_is_answered_with_weeks_and_the_dearest_days()
    {
        var answer = await AnswerAsync("How does it develop by day?");
        var firstWeek = SampleFigures.ByDay.Where(day => string.CompareOrdinal(day.Key, "2026-06-08") < 0).Sum(day => day.Value);

        Assert.Contains($"| 1 Jun 2026 | 7 | {Money.Text(firstWeek)} |", answer, StringComparison.Ordinal);
        Assert.Contains($"| Wed, 17 Jun 2026 | {Money.Text(SampleFigures.ByDay["2026-06-17"])} | × ", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Savings_are_answered_with_amounts_and_reasons()
    {
        var answer = await AnswerAsync("What could I save?");
        var savings = SavingsRules.Find(UsageCsv.Parse(UsageCsv.Sample));

        Assert.Contains($"**{Money.Text(savings.PossibleUsd)}**", answer, StringComparison.Ordinal);
        Assert.All(savings.Found, saving => Assert.Contains($"| {Money.Text(saving.AmountUsd)} |", answer, StringComparison.Ordinal));
        Assert.Contains("retry storm", answer, StringComparison.Ordinal);
        Assert.Contains("Move short calls from large-1 to small-1", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pasted_usage_is_used_and_cannot_become_markup()
    {
        var answer = await AnswerAsync(Csv);

        Assert.Contains("**$3.75**", answer, StringComparison.Ordinal);
        Assert.Contains("the usage that you pasted", answer, StringComparison.Ordinal);
        Assert.Contains(@"| huge\|\<b\> | $2.50 | 66.7 % |", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_later_question_is_still_about_the_pasted_usage_until_the_sample_is_asked_for()
    {
        var agent = new AgentFixture(new CostAnalyst());
        await agent.AskAsync(Csv, "m1");

        var later = Assert.IsType<AgentCompleted>((await agent.AskAsync("And by model?", "m2"))[^1]).Text;
        var sample = Assert.IsType<AgentCompleted>((await agent.AskAsync("The same for the sample: cost by model", "m3"))[^1]).Text;

        Assert.Contains("**$3.75**", later, StringComparison.Ordinal);
        Assert.Contains(Money.Text(SampleFigures.Total), sample, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pasted_usage_with_a_mistake_is_answered_with_the_line_and_an_example()
    {
        var events = await new AgentFixture(new CostAnalyst()).AskAsync(Csv + "\n2026-03-04,tiny,lots,1,1");

        var tool = Assert.Single(events.OfType<ToolCompleted>());
        Assert.False(tool.Ok);
        Assert.StartsWith("Line 4: input_tokens is 'lots'", tool.Summary, StringComparison.Ordinal);
        var answer = Assert.IsType<AgentCompleted>(events[^1]).Text;
        Assert.Contains(@"Line 4: input\_tokens is 'lots'", answer, StringComparison.Ordinal);
        Assert.Contains("date,model,input_tokens,output_tokens,cost_usd", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("date,model,input_tokens,output_tokens,cost_usd\n2026-03-04,tiny,lots,1,1")]
    [InlineData("date;model;input_tokens;output_tokens;cost_usd\n2026-03-04;tiny;1;1;1")]
    [InlineData("date,model,input_tokens\n2026-03-04,tiny,1")]
    [InlineData("date,model,input_tokens,output_tokens,cost_usd")]
    public async Task Usage_that_could_not_be_read_never_becomes_what_the_conversation_is_about(string wrong)
    {
        var agent = new AgentFixture(new CostAnalyst());
        await agent.AskAsync(wrong, "m0");
        var first = Assert.IsType<AgentCompleted>((await agent.AskAsync("Where does my AI spend go?", "m1"))[^1]).Text;
        Assert.Contains(Money.Text(SampleFigures.Total), first, StringComparison.Ordinal);

        await agent.AskAsync(Csv, "m2");
        var told = Assert.IsType<AgentCompleted>((await agent.AskAsync(wrong, "m3"))[^1]).Text;
        Assert.Contains("I could not read the usage data. Line ", told, StringComparison.Ordinal);
        Assert.Contains("what we talked about before stays", told, StringComparison.Ordinal);
        var later = Assert.IsType<AgentCompleted>((await agent.AskAsync("And by model?", "m4"))[^1]).Text;
        Assert.Contains("**$3.75**", later, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Hello!", "Hello! I am the cost analyst")]
    [InlineData("Write me a poem", "That is outside what I know")]
    public async Task A_greeting_and_an_unrelated_question_are_told_what_can_be_asked(string question, string start)
    {
        var answer = await AnswerAsync(question);

        Assert.StartsWith(start, answer, StringComparison.Ordinal);
        Assert.Contains("Where does my AI spend go?", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_tools_it_says_so_instead_of_inventing_figures()
    {
        var response = await new CostAnalyst().GetResponseAsync("Where does my spend go?", cancellationToken: TestContext.Current.CancellationToken);

        Assert.Contains("not available", response.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("$", response.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_same_question_gets_the_same_answer_in_the_same_small_pieces()
    {
        var first = await new AgentFixture(new CostAnalyst()).AskAsync("Where does my AI spend go?");
        var second = await new AgentFixture(new CostAnalyst()).AskAsync("Where does my AI spend go?");

        string[] Pieces(List<AgentEvent> events) => [.. events.OfType<AnswerDelta>().Select(delta => delta.Text)];
        Assert.Equal(Pieces(first), Pieces(second));
        Assert.InRange(Pieces(first).Length, 60, 1_000);
        Assert.All(Pieces(first), piece => Assert.InRange(piece.Length, 1, 60));
    }

    [Fact]
    public async Task Every_table_has_the_same_number_of_cells_in_each_row()
    {
        var answer = await AnswerAsync(Csv.Replace("huge|<b>", "plain", StringComparison.Ordinal));
        var lines = answer.Split('\n');
        var tables = 0;
        for (var at = 1; at < lines.Length; at++)
        {
            if (lines[at].StartsWith('|') && lines[at - 1].StartsWith('|'))
            {
                Assert.Equal(lines[at - 1].Count(character => character == '|'), lines[at].Count(character => character == '|'));
            }
            else if (lines[at].StartsWith('|'))
            {
                Assert.Empty(lines[at - 1]);
                tables++;
            }
        }

        Assert.True(tables >= 2, answer);
    }

    private static async Task<string> AnswerAsync(string question) =>
        Assert.IsType<AgentCompleted>((await new AgentFixture(new CostAnalyst()).AskAsync(question))[^1]).Text;
}
