#if !BUILD_INFO
namespace SharpRun;

/// <summary>In place of the file that BuildInfo.targets writes at every build.</summary>
static class BuildInfo
{
    public const string Version = "0.1.0";
    public const string Commit = "unknown";
}
#endif
