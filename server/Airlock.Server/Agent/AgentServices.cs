using System.ClientModel;
using System.ClientModel.Primitives;
using Airlock.Server.Settings;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using OpenAI;

namespace Airlock.Server.Agent;

/// <summary>Registers the agent.</summary>
public static class AgentServices
{
    /// <summary>The tag of a health check that is a gate.</summary>
    private const string Gate = "gate";

    /// <summary>
    /// Adds <see cref="AgentRun"/>, <see cref="ConversationHistory"/>, the model that the section <c>Agent</c> chooses and their two health
    /// checks, <c>agent</c> and <c>conversation-history</c>, as required gates. Wrong settings fail at the host's start, in words.
    /// </summary>
    public static IServiceCollection AddAgent(this IServiceCollection services, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configuration);
        services.AddSettings<AgentOptions>(configuration);
        services.AddSingleton(static p => Options.Create(p.GetRequiredService<IOptions<AgentOptions>>().Value.History));
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<AgentHttpClient>();
        services.AddSingleton<AgentBreaker>();
        services.AddSingleton<ConversationHistory>();
        services.AddSingleton<AgentTools>(UsageTools.For);
        services.AddSingleton(Model);
        services.AddSingleton<AgentRun>();
        services.AddHealthChecks()
            .AddCheck<AgentHealthCheck>("agent", tags: [Gate])
            .AddCheck<ConversationHistoryHealthCheck>("conversation-history", tags: [Gate]);
        return services;
    }

    private static IChatClient Model(IServiceProvider services)
    {
        var options = services.GetRequiredService<IOptions<AgentOptions>>().Value;
        var time = services.GetRequiredService<TimeProvider>();
        if (options.Endpoint is null)
        {
            return new PacedChatClient(new CostAnalyst(), options.Pace, time);
        }

        // Servers without keys ignore the header, but the client insists on one.
        var key = new ApiKeyCredential(string.IsNullOrEmpty(options.ApiKey) ? "none" : options.ApiKey);
        var client = new OpenAIClient(key, new OpenAIClientOptions
        {
            Endpoint = options.Endpoint,
            Transport = new HttpClientPipelineTransport(services.GetRequiredService<AgentHttpClient>().Client),

            // The breaker must see every failure; a user can ask again.
            RetryPolicy = new ClientRetryPolicy(maxRetries: 0),
            NetworkTimeout = Timeout.InfiniteTimeSpan,
        });
        return new BreakerChatClient(
            client.GetChatClient(options.Model).AsIChatClient(),
            services.GetRequiredService<AgentBreaker>(),
            options.SilenceTimeout,
            time);
    }
}
