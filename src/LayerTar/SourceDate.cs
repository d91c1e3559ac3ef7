using System;
using System.Globalization;
using SharpRun.CommandLine;
using SharpRun.Tar;

namespace SharpRun.LayerTar;

/// <summary>When the sources of what is made were last changed: SOURCE_DATE_EPOCH, seconds since 1970 (reproducible-builds.org, "SOURCE_DATE_EPOCH
/// specification"). Nothing that is made is younger than this, and so does not depend on when it was made.</summary>
public sealed record SourceDate(long? Seconds)
{
    private const string Variable = "SOURCE_DATE_EPOCH";

    /// <summary>Times stay as they are.</summary>
    public static SourceDate None { get; } = new((long?)null);

    public static SourceDate FromEnvironment() => Parse(Environment.GetEnvironmentVariable(Variable));

    /// <summary>Null or empty: there is none.</summary>
    public static SourceDate Parse(string? text)
    {
        if (text is not { Length: > 0 })
        {
            return new SourceDate((long?)null);
        }
        // As far as RFC 3339 can say it: the year 9999.
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds <= 253402300799
            ? new SourceDate(seconds)
            : throw new UsageError($"invalid value \"{text}\" of {Variable}: seconds since 1970 are expected");
    }

    /// <summary>As GNU tar --clamp-mtime: what is older stays.</summary>
    public TarTime Clamp(TarTime time) => Seconds is { } latest && TreeCheck.NothingIsYounger.Fails(time.Seconds >= latest) ? new TarTime(latest, 0) : time;

    /// <summary>"created" of configs and history, RFC 3339.</summary>
    public string Created()
    {
        var time = Seconds is { } seconds ? DateTimeOffset.FromUnixTimeSeconds(seconds) : DateTimeOffset.UtcNow;
        return time.UtcDateTime.ToString(Seconds is null ? "yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'" : "yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
    }
}
