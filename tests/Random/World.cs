namespace SharpRun.RandomBundles;

/// <summary>The folders that random.sh has made. Folder: of both lives, one after the other; prepare.sh makes it anew for each.</summary>
sealed record World(string Tests, string Folder, string Prototype, string CgroupPath)
{
    public const string Id = "random";

    public string Bundle => Folder + "/bundle";

    /// <summary>What bind mounts take: dir/, tree/ with a mount in it, file, script, empty.</summary>
    public string Sources => Folder + "/src";

    public string StateRoot => Folder + "/state";

    /// <summary>Where a call's output goes, without ".out" and ".err".</summary>
    public string Log(string call) => $"{Folder}.{call}";

    /// <summary>Where hooks on the host write what they see.</summary>
    public string HookLog => Folder + "/hooks";
}
