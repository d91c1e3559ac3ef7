using System;
using System.Collections.Generic;
using System.Globalization;

namespace SharpRun.Planning;

/// <summary>Annotations "org.systemd.property.NAME": a property of the container's systemd unit, as text with its type where that is not plain.
/// A NAME that ends with Sec and has a number of seconds becomes NAME…USec, since that is what systemd has on the bus.</summary>
public static class UnitAnnotations
{
    public const string Prefix = "org.systemd.property.";

    public static List<UnitProperty> Of(IReadOnlyDictionary<string, string> annotations)
    {
        var properties = new List<UnitProperty>();
        foreach (var (key, value) in annotations)
        {
            if (key.StartsWith(Prefix, StringComparison.Ordinal))
            {
                properties.Add(Property(key[Prefix.Length..], value, $"annotations[\"{key}\"]"));
            }
        }
        return properties;
    }

    private static UnitProperty Property(string name, string value, string path)
    {
        if (!IsName(name))
        {
            throw new SpecError(path, $"\"{name}\" is not the name of a systemd property");
        }
        if (name is "PIDs" or "Slice" or "Delegate")
        {
            throw new SpecError(path, $"{name} is decided by the runtime: with another the container would not be where it is looked for");
        }
        return name.EndsWith("Sec", StringComparison.Ordinal) && !name.EndsWith("USec", StringComparison.Ordinal)
            ? new UnitProperty(name[..^3] + "USec", Microseconds(value, path), path)
            : new UnitProperty(name, value, path);
    }

    private static bool IsName(string name)
    {
        var isName = name.Length >= 3 && char.IsAsciiLetterUpper(name[0]);
        foreach (var c in name)
        {
            isName &= char.IsAsciiLetter(c);
        }
        return isName;
    }

    // "5", "0.5" or "uint32 5".
    private static string Microseconds(string value, string path)
    {
        var number = value[(value.LastIndexOf(' ') + 1)..];
        return decimal.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds) && seconds <= ulong.MaxValue / 1_000_000
            ? string.Create(CultureInfo.InvariantCulture, $"uint64 {(ulong)(seconds * 1_000_000)}")
            : throw new SpecError(path, $"a number of seconds is expected, found \"{value}\"");
    }
}
