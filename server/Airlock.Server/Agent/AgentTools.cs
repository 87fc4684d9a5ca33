using Microsoft.Extensions.AI;

namespace Airlock.Server.Agent;

/// <summary>The tools of one run. A tool that answers with a JSON object gives its one-line result for the user as <c>summary</c>.</summary>
/// <param name="conversation">What was said so far, the question last.</param>
public delegate IReadOnlyList<AIFunction> AgentTools(IReadOnlyList<ChatMessage> conversation);
