using System.Text;
using SharpRun.CommandLine;
using SharpRun.Layers.Drivers;
using SharpRun.LayerStore;

namespace SharpRun.Layers.Cli;

/// <summary>What a union can be made with here. Trying it leaves nothing but the store's directory.</summary>
static class Drivers
{
    private static readonly string[] s_retired = ["aufs", "devicemapper"];

    public static Command Command =>
        new("drivers", "[flags]", "what unions can be made with here, and why not", [], Act) { LeastWords = 0, MostWords = 0 };

    private static int Act(Arguments arguments, Options options)
    {
        var paths = new StorePaths(options.Root);
        if (options.IsJson)
        {
            WriteJson(paths);
            return 0;
        }
        var table = new StringBuilder();
        foreach (var driver in Driver.All)
        {
            table.Append(driver.Kind.Word().PadRight(14)).Append(driver.WhyNot(paths) is { } reason ? "not here: " + reason : "usable").Append('\n');
        }
        foreach (var name in s_retired)
        {
            table.Append(name.PadRight(14)).Append("not supported: ").Append(DriverNames.Retired(name)).Append('\n');
        }
        Output.Write(table.ToString());
        return 0;
    }

    private static void WriteJson(StorePaths paths) => Results.WriteJson(json =>
    {
        json.WriteStartArray();
        foreach (var driver in Driver.All)
        {
            var reason = driver.WhyNot(paths);
            json.WriteStartObject();
            json.WriteString("name", driver.Kind.Word());
            json.WriteBoolean("usable", reason is null);
            json.WriteString("reason", reason ?? "");
            json.WriteEndObject();
        }
        foreach (var name in s_retired)
        {
            json.WriteStartObject();
            json.WriteString("name", name);
            json.WriteBoolean("usable", false);
            json.WriteString("reason", DriverNames.Retired(name));
            json.WriteEndObject();
        }
        json.WriteEndArray();
    });
}
