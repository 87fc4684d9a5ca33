namespace Airlock.Server.Agent;

/// <summary>A tool cannot do what was asked. The message is written for the user and the model and holds no internals.</summary>
public class AgentToolException(string message) : Exception(message);
