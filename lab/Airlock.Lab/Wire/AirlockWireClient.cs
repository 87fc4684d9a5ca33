extern alias shipped;

using System.Text;
using Airlock.Core;
using shipped::Airlock.Client;

namespace Airlock.Lab.Wire;

/// <summary>The .NET client as it is shipped.</summary>
internal sealed class AirlockWireClient : WireClient
{
    private readonly AirlockClient _client;
    private readonly TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _reading = Task.CompletedTask;
    private string? _connection;
    private int _sessions = 1;

    public AirlockWireClient(WireWorld world, string name, string user, Uri url, WireCredentials credentials)
        : base(world, name, user, url, credentials)
    {
        _client = new AirlockClient(url, new AirlockClientOptions
        {
            Token = credentials.Token is null ? null : _ => ValueTask.FromResult<string?>(credentials.Token),
            CredentialsIn = credentials.Token is null ? CredentialCarrier.Hello : credentials.InSubProtocol ? CredentialCarrier.SubProtocol : CredentialCarrier.AuthorizationHeader,
            ConnectTimeout = WireWorld.Patience,
            CloseTimeout = WireWorld.Patience,
        });
        _client.StateChanged += Notice;
    }

    /// <summary>Credentials that were put on a request and stripped on the way.</summary>
    public IReadOnlyList<string> Stripped { get; private set; } = [];

    /// <summary>What the server said is lost, as it said it; empty while it has said nothing.</summary>
    public IReadOnlyList<LostRange> Lost { get; private set; } = [];

    /// <summary>How many sessions the server has given it.</summary>
    public int Sessions => _sessions;

    /// <summary>How many connections took up the session of the one before.</summary>
    public int Resumed { get; private set; }

    protected override Task Over => _over.Task;

    public override void Start()
    {
        Times.Dialed = TimeProvider.System.GetTimestamp();
        Note("invoke", "dial", e => e with { User = User });
        _reading = ReadAsync();
        _client.Start();
    }

    protected override async Task EndAsync()
    {
        Note("invoke", "leave", e => e with { Connection = _connection, Cause = "bye" });
        try
        {
            await _client.LeaveAsync().WaitAsync(WireWorld.Patience, World.Stopped);
        }
        catch (AirlockClosedException)
        {
            // It had ended before.
        }

        await _reading.WaitAsync(WireWorld.Patience, World.Stopped);
        await _client.DisposeAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync();
        await _reading;
    }

    protected override void Send(string id) => _ = FollowAsync(id, World.Message is { } message ? _client.SendJson(Encoding.UTF8.GetBytes(message), id) : _client.Send(id, id: id));

    private async Task FollowAsync(string id, Receipt receipt)
    {
        try
        {
            await receipt.Done;
            if (World.Message is not null)
            {
                BeAnswered(id, User, _connection);
            }
        }
        catch (AirlockRefusedException e)
        {
            BeRefused(id, e.Cause, _connection);
        }
        catch (Exception e) when (e is AirlockClosedException or ObjectDisposedException or OperationCanceledException)
        {
            GiveUp(id, e.Message);
        }
    }

    private async Task ReadAsync()
    {
        try
        {
            await foreach (var message in _client.MessagesAsync())
            {
                var session = $"{Name}/{_sessions}";
                if (message.Kind == MessageKind.Lost)
                {
                    _sessions++;
                    Lost = message.Lost;
                    foreach (var lost in message.Lost)
                    {
                        Note("info", "lost", e => e with { Cause = $"{lost.Direction} {lost.From} {lost.To}".ToLowerInvariant(), Session = session });
                    }

                    continue;
                }

                Note("info", "get", e => e with { Cause = message.Kind.ToString().ToLowerInvariant(), Session = session, Number = message.Sequence, Id = message.Re });
                if (World.Message is null && message is { Kind: MessageKind.Data, Provisional: false, Re: { } id })
                {
                    BeAnswered(id, message.As<string>()!.Split(' ')[^1], _connection, session, message.Sequence);
                }
            }
        }
        catch (AirlockClosedException)
        {
            // Its end has been noticed.
        }
        finally
        {
            _over.TrySetResult();
        }
    }

    private void Notice(ConnectionChange change)
    {
        var connection = change.Connection ?? $"{Name}#{change.Number}";
        if (change.Stripped.Count > 0)
        {
            Stripped = change.Stripped;
        }

        switch (change.State)
        {
            case ConnectionState.Accepted when change.Gate is null && change.Stripped.Count == 0:
                Times.Connected ??= TimeProvider.System.GetTimestamp();
                Note("ok", "dial", e => e with { Connection = connection, User = User }, change.At);
                ConnectedSource.TrySetResult();
                break;
            case ConnectionState.ProcessingReady when change.Resumed is { } resumed:
                _connection = connection;
                Resumed += resumed ? 1 : 0;
                BeReady(connection, change.At);
                break;
            case ConnectionState.Closed or ConnectionState.Failed:
                // What a client makes of an end by itself has a code that no server sends.
                BeClosed(connection, change.Code ?? 1006, change.Cause, told: change.Code is >= 1000 and < 4900 and not 1006 && change.Connection is not null, change.At);
                break;
        }
    }
}
