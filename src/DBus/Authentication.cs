using System;

namespace SharpRun.DBus;

/// <summary>The lines before the first message (D-Bus specification, "Authentication Protocol"): EXTERNAL with an empty identity, so that the
/// bus takes the one that the kernel tells it, also across a user namespace. All of it is sent at once, as systemd's own client does.</summary>
public static class Authentication
{
    public static ReadOnlySpan<byte> Request => "\0AUTH EXTERNAL\r\nDATA\r\nBEGIN\r\n"u8;

    /// <summary>The answer, "DATA" and "OK guid", is complete; the messages begin after so many bytes. 0: not yet. Anything else is an error.</summary>
    public static int LengthOfAnswer(ReadOnlySpan<byte> received)
    {
        const int longest = 512;
        var at = 0;
        while (received[at..].IndexOf("\r\n"u8) is >= 0 and var length)
        {
            var line = received.Slice(at, length);
            at += length + 2;
            if (line.StartsWith("OK"u8))
            {
                return at;
            }
            if (!line.StartsWith("DATA"u8))
            {
                throw new WireError("the bus does not accept who we are");
            }
        }
        return received.Length <= longest ? 0 : throw new WireError("this is not a D-Bus server");
    }
}
