using System;
using System.Collections.Generic;

namespace SharpRun.Oci.Dockerfiles;

/// <summary>The values that the caller gives: --build-arg, and the platforms.</summary>
public sealed record BuildArguments(IReadOnlyDictionary<string, string> Given, Platform Target, Platform Build, string TargetStage)
{
    // Docker's: known everywhere without an ARG, passed to RUN when given, and neither in the history nor in the cache's key.
    private static readonly string[] s_proxies =
    [
        "HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "FTP_PROXY", "ftp_proxy", "NO_PROXY", "no_proxy", "ALL_PROXY", "all_proxy",
    ];

    public static bool IsProxy(string name) => Array.IndexOf(s_proxies, name) >= 0;

    /// <summary>TARGETPLATFORM and its like; null of another name.</summary>
    public string? Predefined(string name) => name switch
    {
        "TARGETPLATFORM" => Target.ToString(),
        "TARGETOS" => Target.Os,
        "TARGETARCH" => Target.Architecture,
        "TARGETVARIANT" => Target.Variant ?? "",
        "BUILDPLATFORM" => Build.ToString(),
        "BUILDOS" => Build.Os,
        "BUILDARCH" => Build.Architecture,
        "BUILDVARIANT" => Build.Variant ?? "",
        "TARGETSTAGE" => TargetStage,
        _ => null,
    };
}

/// <summary>A variable with its value.</summary>
public readonly record struct Variable(string Name, string Value);

/// <summary>The ARGs before the first FROM, for the FROM lines, and for a stage that says ARG NAME.</summary>
public sealed class GlobalScope
{
    private readonly Dictionary<string, string> _values = [];
    private readonly BuildArguments _arguments;
    private readonly char _escape;

    public GlobalScope(DockerfileTree tree, BuildArguments arguments)
    {
        _arguments = arguments;
        _escape = tree.Escape;
        foreach (var instruction in tree.Arguments)
        {
            foreach (var (name, value) in instruction.Pairs)
            {
                var given = arguments.Given.GetValueOrDefault(name) ?? (value is null ? null : Expand(value));
                if (given is not null)
                {
                    _values[name] = given;
                }
            }
        }
    }

    public string Expand(string word) => Expansion.Of(word, _escape, LookUp);

    public string? LookUp(string name) => _values.GetValueOrDefault(name) ?? _arguments.Given.GetValueOrDefault(name, "") switch
    {
        { Length: > 0 } given when _arguments.Predefined(name) is not null => given,
        _ => _arguments.Predefined(name),
    };
}

/// <summary>
/// What variables mean inside of one stage: the image's environment and ENV before the stage's ARGs. A change is seen by the next instruction,
/// not by the rest of the same one.
/// </summary>
public sealed class StageScope(GlobalScope global, BuildArguments arguments, char escape)
{
    private readonly List<Variable> _environment = [];
    private readonly List<Variable> _arguments = [];

    /// <summary>As the image's config has it, in its order.</summary>
    public IReadOnlyList<Variable> Environment => _environment;

    /// <summary>The stage's ARGs that have a value and that no ENV covers, in their order: for RUN's environment and history.</summary>
    public IReadOnlyList<Variable> Arguments => _arguments.FindAll(argument => !_environment.Exists(variable => variable.Name == argument.Name));

    /// <summary>The proxies of --build-arg that neither ENV nor ARG covers: for RUN's environment alone.</summary>
    public List<Variable> Proxies()
    {
        List<Variable> proxies = [];
        foreach (var (name, value) in arguments.Given)
        {
            if (BuildArguments.IsProxy(name) && Find(_environment, name) is null && Find(_arguments, name) is null)
            {
                proxies.Add(new Variable(name, value));
            }
        }
        return proxies;
    }

    public string Expand(string word) => Expansion.Of(word, escape, LookUp);

    public string ExpandHeredoc(Heredoc heredoc) => heredoc.Expands ? Expansion.OfHeredoc(heredoc.Content, escape, LookUp) : heredoc.Content;

    public void SetEnvironment(string name, string value) => Set(_environment, name, value);

    /// <summary>Returns what was set, for the history.</summary>
    public List<Variable> Apply(EnvInstruction instruction)
    {
        List<Variable> variables = Expand(instruction.Pairs, "ENV");
        variables.ForEach(variable => Set(_environment, variable.Name, variable.Value));
        return variables;
    }

    /// <summary>The labels of an instruction, later ones of the same name last.</summary>
    public List<Variable> Labels(LabelInstruction instruction) => Expand(instruction.Pairs, "LABEL");

    /// <summary>Returns the ARGs as they are now; Value is null of one that nobody gives a value.</summary>
    public List<RawPair> Apply(ArgInstruction instruction)
    {
        List<RawPair> pairs = [];
        foreach (var (raw, value) in instruction.Pairs)
        {
            var name = Expand(raw);
            var given = arguments.Given.GetValueOrDefault(name) ?? (value is not null ? Expand(value) : global.LookUp(name));
            pairs.Add(new RawPair(name, given));
        }
        foreach (var (name, value) in pairs)
        {
            if (value is not null)
            {
                Set(_arguments, name, value);
            }
        }
        return pairs;
    }

    private string? LookUp(string name) => Find(_environment, name) ?? Find(_arguments, name);

    private List<Variable> Expand(IReadOnlyList<RawPair> pairs, string keyword)
    {
        List<Variable> variables = [];
        foreach (var (raw, value) in pairs)
        {
            var name = Expand(raw);
            variables.Add(name.Length > 0 ? new Variable(name, Expand(value!)) : throw new ImageError($"{keyword} {raw}: the name is empty"));
        }
        return variables;
    }

    private static string? Find(List<Variable> variables, string name)
    {
        var at = variables.FindIndex(variable => variable.Name == name);
        return at < 0 ? null : variables[at].Value;
    }

    private static void Set(List<Variable> variables, string name, string value)
    {
        var at = variables.FindIndex(variable => variable.Name == name);
        if (at < 0)
        {
            variables.Add(new Variable(name, value));
        }
        else
        {
            variables[at] = new Variable(name, value);
        }
    }
}
