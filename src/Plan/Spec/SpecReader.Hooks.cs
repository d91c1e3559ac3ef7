using System.Collections.Generic;

namespace SharpRun.Planning;

public ref partial struct SpecReader
{
    private Hooks ReadHooks()
    {
        var hooks = Hooks.None;
        if (!BeginObject())
        {
            return hooks;
        }
        ulong seen = 0;
        while (NextKey())
        {
            if (Key("prestart", ref seen)) { hooks = hooks with { Prestart = ReadHookList() }; }
            else if (Key("createRuntime", ref seen)) { hooks = hooks with { CreateRuntime = ReadHookList() }; }
            else if (Key("createContainer", ref seen)) { hooks = hooks with { CreateContainer = ReadHookList() }; }
            else if (Key("startContainer", ref seen)) { hooks = hooks with { StartContainer = ReadHookList() }; }
            else if (Key("poststart", ref seen)) { hooks = hooks with { Poststart = ReadHookList() }; }
            else if (Key("poststop", ref seen)) { hooks = hooks with { Poststop = ReadHookList() }; }
            else { _reader.Skip(); }
        }
        return hooks;
    }

    private List<Hook> ReadHookList()
    {
        var hooks = new List<Hook>();
        if (BeginArray())
        {
            while (NextElement())
            {
                hooks.Add(ReadHook());
            }
        }
        return hooks;
    }

    private Hook ReadHook()
    {
        string? path = null;
        IReadOnlyList<string>? args = null, env = null;
        int? timeout = null;
        RequireObject();
        ulong seen = 0;
        while (NextKey())
        {
            if (Key("path", ref seen)) { path = Text(); }
            else if (Key("args", ref seen)) { args = ReadTextsOrNull(); }
            else if (Key("env", ref seen)) { env = ReadTextsOrNull(); }
            else if (Key("timeout", ref seen)) { timeout = (int?)Integer(int.MinValue, int.MaxValue); }
            else { _reader.Skip(); }
        }
        return new Hook(path ?? throw Missing("path"), args is { Count: 0 } ? null : args, env, timeout);
    }

    /// <summary>An empty environment is one; an absent one is the caller's.</summary>
    private List<string>? ReadTextsOrNull() => _reader.TokenType == System.Text.Json.JsonTokenType.Null ? null : ReadTexts();
}
