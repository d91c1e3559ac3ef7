using System;
using System.Collections.Generic;

namespace SharpRun.Cni;

public enum CniVerb
{
    Add,
    Del,
    Check,
    GC,
    Status,
    Version,
}

/// <summary>The call as the environment says it (CNI 1.1.0, "Parameters"); each variable checked.</summary>
public sealed record CniEnvironment
{
    // IFNAMSIZ without the final zero.
    private const int LongestIfName = 15;

    public required CniVerb Verb { get; init; }

    public string ContainerId { get; init; } = "";

    /// <summary>Empty for DEL of a container whose namespace is gone.</summary>
    public string NetNs { get; init; } = "";

    public string IfName { get; init; } = "";

    public string Args { get; init; } = "";

    /// <summary>Directories with plugins, separated by colons.</summary>
    public string Path { get; init; } = "";

    /// <summary>The container may share our own network namespace.</summary>
    public bool MayBeOwnNetNs { get; init; }

    public static CniEnvironment Read(Func<string, string?> variable)
    {
        var verb = variable("CNI_COMMAND") switch
        {
            "ADD" => CniVerb.Add,
            "DEL" => CniVerb.Del,
            "CHECK" => CniVerb.Check,
            "GC" => CniVerb.GC,
            "STATUS" => CniVerb.Status,
            "VERSION" => CniVerb.Version,
            null or "" => throw Invalid("required environment variables are missing: CNI_COMMAND"),
            { } other => throw Invalid($"CNI_COMMAND: \"{other}\" is none of ADD, DEL, CHECK, GC, STATUS, VERSION"),
        };
        RequireAll(verb, variable);
        var environment = new CniEnvironment
        {
            Verb = verb,
            ContainerId = variable("CNI_CONTAINERID") ?? "",
            NetNs = variable("CNI_NETNS") ?? "",
            IfName = variable("CNI_IFNAME") ?? "",
            Args = variable("CNI_ARGS") ?? "",
            Path = variable("CNI_PATH") ?? "",
            MayBeOwnNetNs = variable("CNI_NETNS_OVERRIDE") is "1" or "true" or "TRUE" or "True",
        };
        if (verb is CniVerb.Add or CniVerb.Del or CniVerb.Check)
        {
            environment.RequireNames();
        }
        return environment;
    }

    /// <summary>What the specification lets a network and a container be called: a letter or a digit, then also "_", "." and "-".</summary>
    public static bool IsName(string name)
    {
        for (var i = 0; i < name.Length; i++)
        {
            if (!char.IsAsciiLetterOrDigit(name[i])
                && (CniCheck.NameBeginsWithALetter.Fails(i == 0) || CniCheck.NameIsOfItsLetters.Fails(name[i] is not ('_' or '.' or '-'))))
            {
                return false;
            }
        }
        return CniCheck.NameIsNotEmpty.Passes(name.Length > 0);
    }

    /// <summary>What the kernel lets an interface be called (dev_valid_name); null when it is right.</summary>
    public static string? ProblemOfIfName(string name)
    {
        if (CniCheck.IfNameIsShort.Fails(name.Length == 0 || System.Text.Encoding.UTF8.GetByteCount(name) > LongestIfName))
        {
            return $"\"{name}\" has not 1 to {LongestIfName} bytes";
        }
        if (CniCheck.IfNameIsNoDirectory.Fails(name is "." or ".."))
        {
            return $"\"{name}\" is no name";
        }
        foreach (var letter in name)
        {
            if (CniCheck.IfNameIsOfItsLetters.Fails(letter is '/' or ':' || char.IsWhiteSpace(letter) || char.IsControl(letter)))
            {
                return $"\"{name}\" has a slash, a colon or a space";
            }
        }
        return null;
    }

    private void RequireNames()
    {
        if (CniCheck.ContainerIdIsAName.Fails(!IsName(ContainerId)))
        {
            throw Invalid($"CNI_CONTAINERID: \"{ContainerId}\" is not a letter or digit, followed by letters, digits, \"_\", \".\" and \"-\"");
        }
        var problem = ProblemOfIfName(IfName);
        if (CniCheck.IfNameIsOne.Fails(problem is not null))
        {
            throw Invalid($"CNI_IFNAME: {problem}");
        }
    }

    private static void RequireAll(CniVerb verb, Func<string, string?> variable)
    {
        string[] required = verb switch
        {
            CniVerb.Add or CniVerb.Check => ["CNI_CONTAINERID", "CNI_NETNS", "CNI_IFNAME", "CNI_PATH"],
            CniVerb.Del => ["CNI_CONTAINERID", "CNI_IFNAME", "CNI_PATH"],
            CniVerb.GC or CniVerb.Status => ["CNI_PATH"],
            _ => [],
        };
        var missing = new List<string>();
        foreach (var name in required)
        {
            if (string.IsNullOrEmpty(variable(name)))
            {
                missing.Add(name);
            }
        }
        if (CniCheck.VariablesAreThere.Fails(missing.Count > 0))
        {
            throw Invalid($"required environment variables are missing: {string.Join(", ", missing)}");
        }
    }

    private static CniError Invalid(string problem) => new(CniCode.InvalidEnvironment, problem);
}
