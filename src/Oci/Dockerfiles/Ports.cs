using System.Collections.Generic;
using System.Globalization;

namespace SharpRun.Oci.Dockerfiles;

/// <summary>The words of EXPOSE: "80", "80/udp", "8000-8010/tcp".</summary>
public static class Ports
{
    /// <summary>"80/tcp", each port of a range alone, in the order given and once.</summary>
    public static List<string> Read(IEnumerable<string> words)
    {
        List<string> ports = [];
        HashSet<string> known = [];
        foreach (var word in words)
        {
            var slash = word.IndexOf('/', System.StringComparison.Ordinal);
            var protocol = slash < 0 ? "tcp" : word[(slash + 1)..].ToLowerInvariant();
            var range = (slash < 0 ? word : word[..slash]).Split('-');
            var last = 0;
            var isGood = range.Length is 1 or 2 && TryPort(range[0], out var first) && TryPort(range[^1], out last) && first <= last
                && protocol is "tcp" or "udp" or "sctp";
            if (!isGood)
            {
                throw new ImageError($"EXPOSE {word}: PORT, or FIRST-LAST, and perhaps /tcp, /udp or /sctp is expected");
            }
            for (var port = int.Parse(range[0], CultureInfo.InvariantCulture); port <= last; port++)
            {
                var text = $"{port.ToString(CultureInfo.InvariantCulture)}/{protocol}";
                if (known.Add(text))
                {
                    ports.Add(text);
                }
            }
            if (ports.Count > DockerfileLimits.MostPorts)
            {
                throw new ImageError($"EXPOSE: more than {DockerfileLimits.MostPorts} ports");
            }
        }
        return ports;
    }

    private static bool TryPort(string text, out int port) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port is > 0 and < 65536;
}
