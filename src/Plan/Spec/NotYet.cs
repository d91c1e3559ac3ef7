namespace SharpRun.Planning;

/// <summary>When a property that we do not do yet asks for something. Whatever asks for nothing is accepted: managers send empty ones.</summary>
public enum Asks
{
    /// <summary>A non-empty string.</summary>
    Text,
    /// <summary>An array with elements.</summary>
    List,
    /// <summary>An object with members.</summary>
    Members,
    /// <summary>An object, even without members.</summary>
    Object,
    /// <summary>A number that is not zero is ignored with a warning.</summary>
    Warning,
    /// <summary>Without meaning here, for good.</summary>
    Never,
}

/// <summary>Words is the subject of a sentence: "... come with a later version".</summary>
public readonly record struct NotYetProperty(string Name, Asks Asks, string Words);

/// <summary>The whole list of what the specification (up to 1.3) has and SharpRun does not do yet, by object. Each is answered by its name and
/// never ignored: a container that runs with less confinement than was asked for is the worst result (R22, R37).</summary>
/// <remarks>Whoever builds one of them reads it in SpecReader and deletes its line here.</remarks>
public static class NotYet
{
    public static readonly NotYetProperty[] User =
    [
        new("username", Asks.Never, ""), // Windows only.
    ];

    public static readonly NotYetProperty[] Linux =
    [
        // Even an empty object asks: the group is then named like the container.
        new("intelRdt", Asks.Object, "Intel RDT groups"),
        new("netDevices", Asks.Members, "network devices"),
        new("memoryPolicy", Asks.Members, "memory policies"),
    ];

    public static readonly NotYetProperty[] Memory =
    [
        new("kernel", Asks.Warning, ""), // Gone from the kernel since 5.16, discouraged by the specification.
        new("kernelTCP", Asks.Warning, ""),
    ];

    /// <summary>Every table with the JSON path of its objects, for tests and documents.</summary>
    public static readonly (string Object, NotYetProperty[] Properties)[] All =
    [
        ("process.user", User), ("linux", Linux), ("linux.resources.memory", Memory),
    ];

    /// <summary>Whether a property is among them, and so not built: for `features`, which is true by itself then.</summary>
    public static bool Has(NotYetProperty[] properties, string name)
    {
        foreach (var property in properties)
        {
            if (property.Name == name)
            {
                return true;
            }
        }
        return false;
    }

    public static SpecError Error(string path, string value, string words) =>
        new(path, $"{(value.Length == 0 ? "" : value + " is ")}not supported yet ({words} come with a later version)") { IsUnsupported = true };
}
