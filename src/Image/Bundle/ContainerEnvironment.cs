using System;
using System.Collections.Generic;

namespace SharpRun.Image.Bundle;

/// <summary>process.env: the image's, in its order; then what was asked for; then what is missing.</summary>
sealed class ContainerEnvironment
{
    private const string DefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    private readonly List<string> _variables = [];

    public IReadOnlyList<string> Variables => _variables;

    public static ContainerEnvironment Of(IReadOnlyList<string> image, BundleRequest request, string? home, string hostName)
    {
        var environment = new ContainerEnvironment();
        foreach (var variable in image)
        {
            environment.Set(variable);
        }
        foreach (var variable in request.Environment)
        {
            environment.Take(variable);
        }
        environment.SetIfMissing("PATH", DefaultPath);
        environment.SetIfMissing("HOSTNAME", hostName);
        if (request.HasTerminal)
        {
            environment.SetIfMissing("TERM", "xterm");
        }
        if (home is not null)
        {
            environment.SetIfMissing("HOME", home);
        }
        return environment;
    }

    // A name alone stands for the caller's value, and for none when he has none.
    private void Take(string variable)
    {
        if (variable.Contains('=', StringComparison.Ordinal))
        {
            Set(variable);
        }
        else if (Environment.GetEnvironmentVariable(variable) is { } value)
        {
            Set($"{variable}={value}");
        }
        else
        {
            _variables.RemoveAll(one => Is(one, variable));
        }
    }

    private void SetIfMissing(string name, string value)
    {
        if (!_variables.Exists(one => Is(one, name)))
        {
            _variables.Add($"{name}={value}");
        }
    }

    // In the place of the one before.
    private void Set(string variable)
    {
        var equals = variable.IndexOf('=', StringComparison.Ordinal);
        var name = equals < 0 ? variable : variable[..equals];
        var at = _variables.FindIndex(one => Is(one, name));
        if (at < 0)
        {
            _variables.Add(variable);
        }
        else
        {
            _variables[at] = variable;
        }
    }

    private static bool Is(string variable, string name) =>
        variable.StartsWith(name, StringComparison.Ordinal) && (variable.Length == name.Length || variable[name.Length] == '=');
}
