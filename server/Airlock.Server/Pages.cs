using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Configuration.Json;
using Microsoft.Extensions.FileProviders;
using Microsoft.Net.Http.Headers;

namespace Airlock.Server;

/// <summary>The page and the client it uses, served from beside the program: <c>/</c>, <c>/app/*</c> and <c>/client/*</c>; compressed, and each page's modules as one script.</summary>
public static class Pages
{
    /// <summary>Where the server listens if nothing says otherwise.</summary>
    public const string DefaultAddress = "http://localhost:5080";

    /// <summary>The environment variable by which Cloud Run and its like tell a container where they send requests.</summary>
    public const string PortVariable = "PORT";

    // Everything the page needs comes from here; nothing inline, nothing from elsewhere.
    private const string ContentPolicy =
        "default-src 'self'; connect-src 'self' ws: wss:; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

    private static string Folder => Path.Combine(AppContext.BaseDirectory, "pages");

    /// <summary>Where one of the pages' own files is.</summary>
    public static string FileOf(string path) => Path.Combine(Folder, "app", path);

    /// <summary>
    /// Takes what no setting says from <c>appsettings.json</c> beside the program, wherever it is started from. Listens where <see cref="PortVariable"/> says, or else on
    /// <see cref="DefaultAddress"/>, unless an address is configured.
    /// </summary>
    public static void UseOwnDefaults(this WebApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Configuration.Sources.Insert(0, new JsonConfigurationSource { FileProvider = new PhysicalFileProvider(AppContext.BaseDirectory), Path = "appsettings.json" });
        var configuration = builder.Configuration;
        if (!string.IsNullOrEmpty(configuration["urls"]) || configuration.GetSection("Kestrel:Endpoints").Exists())
        {
            return;
        }

        if (configuration[PortVariable] is { Length: > 0 } port)
        {
            // The images that .NET is published on set http_ports, whatever the platform that runs them says; with both, the host would warn at every start.
            builder.WebHost.UseSetting("http_ports", "").UseUrls(AddressAt(port));
        }
        else if (string.IsNullOrEmpty(configuration["http_ports"]) && string.IsNullOrEmpty(configuration["https_ports"]))
        {
            builder.WebHost.UseUrls(DefaultAddress);
        }
    }

    /// <summary>Every interface of the machine: requests come from the platform that said which port.</summary>
    internal static string AddressAt(string port) => $"http://*:{port}";

    /// <summary>Adds the headers that keep other pages and stray scripts out.</summary>
    public static void UseSecurityHeaders(this WebApplication app) => app.Use(static (context, next) =>
    {
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = ContentPolicy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        return next(context);
    });

    /// <summary>Adds the compression of what the pages are made of. Answers with anything of a user's are not compressed: their length would tell of what is in them.</summary>
    public static IServiceCollection AddPages(this IServiceCollection services) => services.AddResponseCompression(static options =>
    {
        options.EnableForHttps = true;
        options.MimeTypes = ["text/html", "text/css", "text/javascript", "image/svg+xml", "text/markdown"];
    });

    /// <summary>Serves the files, and each page's script with all that it imports as one.</summary>
    public static void MapPages(this WebApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);
        app.UseResponseCompression();
        app.UseStaticFiles(new StaticFileOptions
        {
            FileProvider = new PhysicalFileProvider(Folder),

            // Asked for anew each time and answered with 304: a page and its client of two versions do not mix.
            OnPrepareResponse = static file => file.Context.Response.Headers.CacheControl = "no-cache",
        });
        app.MapGet("/", () => Results.File(FileOf("index.html"), "text/html; charset=utf-8"));
        app.MapScript("/app/page.js", "/app/main.js");
        app.MapScript("/app/live/page.js", "/app/live/main.js");
        app.MapScript("/app/live/causesPage.js", "/app/live/causes.js");
    }

    private static void MapScript(this WebApplication app, string path, string module)
    {
        var script = Encoding.UTF8.GetBytes(ModuleBundle.Make(module, static name => File.ReadAllText(Path.Combine(Folder, name.TrimStart('/')))));
        var version = new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(SHA256.HashData(script).AsSpan(0, 12))}\"");
        app.MapGet(path, (HttpContext context) =>
        {
            context.Response.Headers.CacheControl = "no-cache";
            return Results.Bytes(script, "text/javascript; charset=utf-8", entityTag: version);
        });
    }
}
