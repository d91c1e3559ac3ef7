using System;
using System.Collections.Generic;
using SharpRun.Oci;

namespace SharpRun.Image.Registry;

/// <summary>One table's keys, each asked for with its kind; what nobody has asked for is warned of.</summary>
sealed class TomlRow(string file, TomlTable table)
{
    private readonly HashSet<string> _asked = [];

    public string? Text(string key) => Find(key) switch
    {
        null => null,
        string text => text,
        _ => throw Wrong(key, "a string"),
    };

    public bool Is(string key) => Find(key) switch
    {
        null => false,
        bool value => value,
        _ => throw Wrong(key, "true or false"),
    };

    public void WarnOfRest(Action<string> warn)
    {
        foreach (var (key, value) in table.Keys)
        {
            if (!_asked.Contains(key))
            {
                warn($"{file}: line {value.Line}: the key \"{key}\" is not known, and ignored");
            }
        }
    }

    private object? Find(string key)
    {
        _asked.Add(key);
        return table.Keys.TryGetValue(key, out var found) ? found.Value : null;
    }

    private ImageError Wrong(string key, string wanted) => new($"read {file}: line {table.Keys[key].Line}: \"{key}\" must be {wanted}");
}
