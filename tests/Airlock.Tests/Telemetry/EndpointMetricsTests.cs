using System.Globalization;
using Airlock.Core;
using Airlock.Tests.Harness;

namespace Airlock.Tests.Telemetry;

public sealed class EndpointMetricsTests
{
    [Fact]
    public void Each_code_of_the_catalogue_is_a_tag_and_of_a_clients_own_those_that_mean_something()
    {
        using var measures = new Measures();
        using var server = new TestServer(meters: measures);
        var expected = new List<string>();
        foreach (var reason in CloseReason.All)
        {
            foreach (var code in new[] { reason.Code, reason.ResumeCode }.Distinct())
            {
                Close(reason, code, code.ToString(CultureInfo.InvariantCulture));
            }
        }

        foreach (var (code, tag) in new[] { (1001, "1001"), (2999, "2999"), (3000, "other"), (4242, "other"), (4899, "other"), (4900, "4900"), (4909, "4909"), (4910, "other"), (4999, "other") })
        {
            Close(CloseReason.ClientClosed, code, tag);
        }

        Assert.Equal(
            expected.GroupBy(static tags => tags).Select(static same => $"{same.Count()} {same.Key}").Order(),
            measures.Counts("airlock.connection.closes").Order());

        void Close(CloseReason reason, int code, string tag)
        {
            server.Endpoint.Scope.Metrics!.Closed(reason, code, ConnectionState.ProcessingReady, ConnectionState.Closed, 0);
            expected.Add($"cause={reason.Cause} code={tag} phase=processing_ready");
        }
    }
}
