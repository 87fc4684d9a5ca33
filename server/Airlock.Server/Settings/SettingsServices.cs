using Microsoft.Extensions.Options;

namespace Airlock.Server.Settings;

/// <summary>The one way for a section to become options, so that a misspelt key or a value that cannot be read is never swallowed.</summary>
public static class SettingsServices
{
    /// <summary>Binds the section of these options strictly, and has it checked when the host starts.</summary>
    public static IServiceCollection AddSettings<TOptions>(this IServiceCollection services, IConfiguration configuration)
        where TOptions : class, ISettings
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configuration);
        services.AddOptions<TOptions>().Configure(options => configuration.BindStrictly(options)).ValidateOnStart();
        services.AddSingleton<IValidateOptions<TOptions>, Validation<TOptions>>();
        return services;
    }

    /// <summary>Sets what the section of these options says.</summary>
    /// <exception cref="OptionsValidationException">A key is not one of the options', or a value cannot be read as one. Then nothing is set.</exception>
    public static void BindStrictly(this IConfiguration configuration, object options)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        ArgumentNullException.ThrowIfNull(options);
        var section = Sections.All.Single(one => one.Value == options.GetType()).Key;
        var faults = SettingsShape.Faults(configuration.GetSection(section), options.GetType()).ToList();
        if (faults.Count > 0)
        {
            throw new OptionsValidationException(section, options.GetType(), faults);
        }

        configuration.GetSection(section).Bind(options);
    }

    private sealed class Validation<TOptions> : IValidateOptions<TOptions>
        where TOptions : class, ISettings
    {
        public ValidateOptionsResult Validate(string? name, TOptions options)
        {
            var faults = options.Faults().ToList();
            return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
        }
    }
}
