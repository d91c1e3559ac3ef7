using System.Collections.Generic;
using System.Text.Json;

namespace SharpRun.Planning;

public ref partial struct SpecReader
{
    // Every one that the specification names; those whose calls we do not know cannot occur on our machines.
    private static readonly string[] s_seccompArchitectures =
    [
        "SCMP_ARCH_X86", "SCMP_ARCH_X86_64", "SCMP_ARCH_X32", "SCMP_ARCH_ARM", "SCMP_ARCH_AARCH64", "SCMP_ARCH_MIPS", "SCMP_ARCH_MIPS64",
        "SCMP_ARCH_MIPS64N32", "SCMP_ARCH_MIPSEL", "SCMP_ARCH_MIPSEL64", "SCMP_ARCH_MIPSEL64N32", "SCMP_ARCH_PPC", "SCMP_ARCH_PPC64",
        "SCMP_ARCH_PPC64LE", "SCMP_ARCH_S390", "SCMP_ARCH_S390X", "SCMP_ARCH_PARISC", "SCMP_ARCH_PARISC64", "SCMP_ARCH_RISCV64",
        "SCMP_ARCH_LOONGARCH64", "SCMP_ARCH_M68K", "SCMP_ARCH_SH", "SCMP_ARCH_SHEB",
    ];

    /// <summary>Null without an object, and for one that neither has a default action nor names a call: managers send that for "none".</summary>
    private SeccompConfig? ReadSeccomp()
    {
        if (!BeginObject())
        {
            return null;
        }
        SeccompAction? action = null;
        uint? errno = null;
        List<string> architectures = [];
        SeccompFlags? flags = null;
        string? path = null, metadata = null;
        List<SeccompRule> syscalls = [];
        ulong seen = 0;
        while (NextKey())
        {
            if (Key("defaultAction", ref seen)) { action = ReadSeccompAction(); }
            else if (Key("defaultErrnoRet", ref seen)) { errno = (uint?)Integer(0, uint.MaxValue); }
            else if (Key("architectures", ref seen)) { architectures = ReadSeccompArchitectures(); }
            else if (Key("flags", ref seen)) { flags = ReadSeccompFlags(); }
            else if (Key("listenerPath", ref seen)) { path = Text(); }
            else if (Key("listenerMetadata", ref seen)) { metadata = Text(); }
            else if (Key("syscalls", ref seen)) { syscalls = ReadSeccompRules(); }
            else { _reader.Skip(); }
        }
        if (action is null && syscalls.Count == 0)
        {
            return null;
        }
        return new SeccompConfig
        {
            DefaultAction = action ?? throw Missing("defaultAction"),
            DefaultErrnoRet = errno,
            Architectures = architectures,
            Flags = flags,
            ListenerPath = path,
            ListenerMetadata = metadata,
            Syscalls = syscalls,
        };
    }

    private List<SeccompRule> ReadSeccompRules()
    {
        var rules = new List<SeccompRule>();
        if (BeginArray())
        {
            while (NextElement())
            {
                rules.Add(ReadSeccompRule());
            }
        }
        return rules;
    }

    private SeccompRule ReadSeccompRule()
    {
        List<string>? names = null;
        SeccompAction? action = null;
        uint? errno = null;
        List<SeccompArgument> arguments = [];
        RequireObject();
        ulong seen = 0;
        while (NextKey())
        {
            if (Key("names", ref seen)) { names = ReadTexts(); }
            else if (Key("action", ref seen)) { action = ReadSeccompAction(); }
            else if (Key("errnoRet", ref seen)) { errno = (uint?)Integer(0, uint.MaxValue); }
            else if (Key("args", ref seen)) { arguments = ReadSeccompArguments(); }
            else { _reader.Skip(); }
        }
        return new SeccompRule(names is { Count: > 0 } ? names : throw Missing("names"), action ?? throw Missing("action"), errno, arguments);
    }

    private List<SeccompArgument> ReadSeccompArguments()
    {
        var arguments = new List<SeccompArgument>();
        if (BeginArray())
        {
            while (NextElement())
            {
                arguments.Add(ReadSeccompArgument());
            }
        }
        return arguments;
    }

    private SeccompArgument ReadSeccompArgument()
    {
        int? index = null;
        ulong? value = null, valueTwo = null;
        SeccompOperator? op = null;
        RequireObject();
        ulong seen = 0;
        while (NextKey())
        {
            if (Key("index", ref seen)) { index = (int?)Integer(0, 5); }
            else if (Key("value", ref seen)) { value = Unsigned(); }
            else if (Key("valueTwo", ref seen)) { valueTwo = Unsigned(); }
            else if (Key("op", ref seen)) { op = ReadSeccompOperator(); }
            else { _reader.Skip(); }
        }
        return new SeccompArgument(index ?? throw Missing("index"), op ?? throw Missing("op"), value ?? throw Missing("value"), valueTwo ?? 0);
    }

    private SeccompAction? ReadSeccompAction()
    {
        var text = Text();
        foreach (var (word, action) in SeccompWords.Actions)
        {
            if (word == text)
            {
                return action;
            }
        }
        return text is null ? null : throw Problem($"\"{text}\" is not a seccomp action");
    }

    private SeccompOperator? ReadSeccompOperator()
    {
        var text = Text();
        foreach (var (word, operation) in SeccompWords.Operators)
        {
            if (word == text)
            {
                return operation;
            }
        }
        return text is null ? null : throw Problem($"\"{text}\" is not a seccomp operator");
    }

    private List<string> ReadSeccompArchitectures()
    {
        var architectures = new List<string>();
        if (BeginArray())
        {
            while (NextElement())
            {
                var word = RequiredText();
                architectures.Add(System.Array.IndexOf(s_seccompArchitectures, word) >= 0 ? word : throw Problem($"\"{word}\" is not a seccomp architecture"));
            }
        }
        return architectures;
    }

    /// <summary>An empty list asks for no flag at all, an absent one for what is usual.</summary>
    private SeccompFlags? ReadSeccompFlags()
    {
        if (_reader.TokenType == JsonTokenType.Null)
        {
            return null;
        }
        var flags = SeccompFlags.None;
        if (BeginArray())
        {
            while (NextElement())
            {
                flags |= ReadSeccompFlag();
            }
        }
        return flags;
    }

    private SeccompFlags ReadSeccompFlag()
    {
        var text = RequiredText();
        foreach (var (word, flag) in SeccompWords.Flags)
        {
            if (word == text)
            {
                return flag;
            }
        }
        throw Problem($"\"{text}\" is not a seccomp flag");
    }
}
