namespace Airlock.Server.Agent;

/// <summary>Why a run ended without an answer, as <see cref="AgentError.Cause"/> says it.</summary>
public static class AgentCause
{
    /// <summary>The question is empty or longer than <see cref="AgentOptions.QuestionCharactersMax"/>.</summary>
    public const string BadQuestion = "bad_question";

    /// <summary>The model's endpoint could not be reached, answered with a server's error, or broke off.</summary>
    public const string ModelUnavailable = "model_unavailable";

    /// <summary>The endpoint failed several times, so it is left alone for a while.</summary>
    public const string ModelPaused = "model_paused";

    /// <summary>The endpoint allows no more calls for now.</summary>
    public const string ModelBusy = "model_busy";

    /// <summary>The endpoint refuses the call: key, model name or request.</summary>
    public const string ModelRefused = "model_refused";

    /// <summary>The model asked for more steps, tools or text than a run may have.</summary>
    public const string LimitReached = "limit_reached";

    /// <summary>The model ended without any text.</summary>
    public const string EmptyAnswer = "empty_answer";

    /// <summary>A fault of this server.</summary>
    public const string Internal = "internal";
}
