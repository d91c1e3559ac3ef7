using System.Collections.Generic;

namespace SharpRun.Planning;

public ref partial struct SpecReader
{
    private Scheduler? ReadScheduler()
    {
        if (!BeginObject())
        {
            return null;
        }
        var scheduler = new Scheduler("", 0);
        ulong seen = 0;
        while (NextKey())
        {
            if (Key("policy", ref seen))
            {
                var name = Word(SchedulingWords.Policies, "policy", out var policy);
                scheduler = scheduler with { Name = name ?? "", Policy = policy };
            }
            else if (Key("nice", ref seen)) { scheduler = scheduler with { Nice = (int)(Integer(int.MinValue, int.MaxValue) ?? 0) }; }
            else if (Key("priority", ref seen)) { scheduler = scheduler with { Priority = (int)(Integer(int.MinValue, int.MaxValue) ?? 0) }; }
            else if (Key("flags", ref seen)) { scheduler = scheduler with { Flags = ReadSchedulerFlags() }; }
            else if (Key("runtime", ref seen)) { scheduler = scheduler with { Runtime = Unsigned() ?? 0 }; }
            else if (Key("deadline", ref seen)) { scheduler = scheduler with { Deadline = Unsigned() ?? 0 }; }
            else if (Key("period", ref seen)) { scheduler = scheduler with { Period = Unsigned() ?? 0 }; }
            else { _reader.Skip(); }
        }
        return scheduler.Name.Length > 0 ? scheduler : throw Missing("policy");
    }

    private ulong ReadSchedulerFlags()
    {
        ulong flags = 0;
        if (BeginArray())
        {
            while (NextElement())
            {
                Word(SchedulingWords.Flags, "flag", out var flag);
                flags |= flag;
            }
        }
        return flags;
    }

    private IoPriority? ReadIoPriority()
    {
        if (!BeginObject())
        {
            return null;
        }
        string? name = null;
        var (number, priority) = (0, 0);
        ulong seen = 0;
        while (NextKey())
        {
            if (Key("class", ref seen)) { name = Word(SchedulingWords.IoClasses, "class", out number); }
            else if (Key("priority", ref seen)) { priority = (int)(Integer(0, 7) ?? 0); }
            else { _reader.Skip(); }
        }
        return new IoPriority(name ?? throw Missing("class"), number, priority);
    }

    private ExecCpuAffinity? ReadExecCpuAffinity()
    {
        if (!BeginObject())
        {
            return null;
        }
        var affinity = new ExecCpuAffinity(null, null);
        ulong seen = 0;
        while (NextKey())
        {
            if (Key("initial", ref seen)) { affinity = affinity with { Initial = ReadCpus() }; }
            else if (Key("final", ref seen)) { affinity = affinity with { Final = ReadCpus() }; }
            else { _reader.Skip(); }
        }
        return affinity;
    }

    private CpuList? ReadCpus() => Text() is { Length: > 0 } text
        ? CpuList.Parse(text) ?? throw Problem($"\"{text}\" is not a list of CPUs such as 0-3,7")
        : null;

    private string? ReadPersonality()
    {
        if (!BeginObject())
        {
            return null;
        }
        string? domain = null;
        ulong seen = 0;
        while (NextKey())
        {
            if (Key("domain", ref seen)) { domain = Word(SchedulingWords.Personalities, "domain", out _); }
            else if (Key("flags", ref seen) && BeginArray() && NextElement()) { throw Problem("the specification has no flags of a personality"); }
            else { _reader.Skip(); }
        }
        return domain ?? throw Missing("domain");
    }

    /// <summary>The word and its number; null when the value is.</summary>
    private string? Word<T>(Dictionary<string, T> words, string what, out T number)
    {
        number = default!;
        var word = Text();
        return word is null || words.TryGetValue(word, out number!)
            ? word
            : throw Problem($"\"{word}\" is not a {what} (one of {string.Join(", ", words.Keys)} is)");
    }
}
