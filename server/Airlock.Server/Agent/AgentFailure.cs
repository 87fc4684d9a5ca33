using System.ClientModel;
using Polly.CircuitBreaker;

namespace Airlock.Server.Agent;

/// <summary>Turns what a model's client throws into what a user may know, and says whether the endpoint is to blame.</summary>
internal static class AgentFailure
{
    private const string Later = "Try again in a moment.";
    private const string Operator = "Ask the operator of this server to check the agent's settings.";

    public static AgentError Explain(Exception failure) => failure switch
    {
        BrokenCircuitException => new AgentError(
            AgentCause.ModelPaused, "The model failed several times, so it is being left alone for a moment.", Later),
        ClientResultException { Status: 429 } => new AgentError(
            AgentCause.ModelBusy, "The model allows no more questions right now.", "Try again in a minute."),
        ClientResultException { Status: 401 or 403 } => new AgentError(
            AgentCause.ModelRefused, "The model's endpoint does not accept this server's key.", Operator),
        ClientResultException { Status: 404 } => new AgentError(
            AgentCause.ModelRefused, "The model's endpoint does not know the configured model.", Operator),
        ClientResultException { Status: 413 } => new AgentError(
            AgentCause.ModelRefused, "The conversation is too long for the model.", "Ask a shorter question."),
        ClientResultException { Status: >= 400 and < 500 and not 408 } => new AgentError(
            AgentCause.ModelRefused, "The model's endpoint did not accept the request.", Operator),
        _ when IsOfTheEndpoint(failure) => new AgentError(
            AgentCause.ModelUnavailable, "The model did not answer, or broke off in the middle.", Later),
        _ => new AgentError(
            AgentCause.Internal, "The agent failed because of a fault in this server.", "Try again; if it happens again, tell the operator the run's id."),
    };

    /// <summary>
    /// True when the endpoint is down, overloaded or broke off. A refused request (4xx) is ours to mend: waiting would not help, so it is
    /// no reason to stop asking.
    /// </summary>
    public static bool IsOfTheEndpoint(Exception failure) => failure switch
    {
        ClientResultException refused => refused.Status is 0 or 408 or 429 or >= 500,
        HttpRequestException or IOException or TimeoutException => true,
        System.Text.Json.JsonException => true,
        // The caller's own cancellation never gets here, so this is a timeout in the client.
        OperationCanceledException => true,
        AggregateException several => several.InnerExceptions.All(IsOfTheEndpoint),
        _ => false,
    };
}
