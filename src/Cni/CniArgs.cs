using System.Net;

namespace SharpRun.Cni;

/// <summary>CNI_ARGS, "KEY=VALUE;…": what bridge and host-local know of it. Keys of others need IgnoreUnknown=1, as for the reference.</summary>
public sealed record CniArgs(IPAddress? Ip, string? Mac)
{
    public static CniArgs None { get; } = new(null, null);

    public static CniArgs Parse(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return None;
        }
        var args = None;
        var unknown = "";
        var ignoresUnknown = false;
        foreach (var pair in text.Split(';'))
        {
            var equals = pair.IndexOf('=');
            if (CniCheck.ArgHasAKey.Fails(equals <= 0))
            {
                throw Invalid($"\"{pair}\" is no KEY=VALUE");
            }
            var value = pair[(equals + 1)..];
            switch (pair[..equals])
            {
                case "IP":
                    args = value.Length == 0 ? args : args with
                    {
                        Ip = CniCheck.ArgIsAnAddress.Passes(IpText.TryParseLoose(value, out var ip)) ? ip : throw Invalid($"IP: \"{value}\" is no IP address"),
                    };
                    break;
                case "MAC":
                    args = value.Length == 0 ? args : args with { Mac = MacText.Parse(value) ?? throw Invalid($"MAC: \"{value}\" is no address that an interface can have") };
                    break;
                // Reserved by the conventions, without a meaning for host-local.
                case "GATEWAY":
                    break;
                case "IgnoreUnknown":
                    ignoresUnknown = value is "1" or "true" or "TRUE" or "True" or "t" or "T";
                    break;
                default:
                    unknown = unknown.Length > 0 ? unknown : pair;
                    break;
            }
        }
        return CniCheck.ArgIsKnown.Passes(unknown.Length == 0 || ignoresUnknown) ? args : throw Invalid($"\"{unknown}\" is not known, and IgnoreUnknown=1 is not given");
    }

    private static CniError Invalid(string problem) => new(CniCode.InvalidEnvironment, $"CNI_ARGS: {problem}");
}
