using System.Numerics;
using System.Text;

namespace SharpRun.Planning;

static class CapabilityNames
{
    /// <summary>"none", or the names without their prefix: "audit_write kill net_bind_service".</summary>
    public static string Describe(ulong set)
    {
        if (set == 0)
        {
            return "none";
        }
        var text = new StringBuilder();
        for (var rest = set; rest != 0; rest &= rest - 1)
        {
            var number = BitOperations.TrailingZeroCount(rest);
            var name = number < Capabilities.Names.Length ? Capabilities.Names[number] : number.ToString(System.Globalization.CultureInfo.InvariantCulture);
            text.Append(text.Length == 0 ? "" : " ").Append(name.StartsWith("CAP_", System.StringComparison.Ordinal) ? name[4..].ToLowerInvariant() : name);
        }
        return text.ToString();
    }
}
