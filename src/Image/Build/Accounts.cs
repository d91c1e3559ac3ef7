using System;
using SharpRun.Image.Bundle;
using SharpRun.Oci;

namespace SharpRun.Image.Build;

/// <summary>The owner that --chown, or WORKDIR under a USER, means: as <see cref="ImageUser"/> reads it, but a number without a group has the group of the
/// same number (docker).</summary>
static class Accounts
{
    /// <param name="root">The image's root; stays the caller's.</param>
    /// <param name="text">"user", "uid", "user:group" …</param>
    public static Owner Find(int root, string text)
    {
        var name = text.EndsWith(':') ? text[..^1] : text;
        using var image = ImageRoot.Of(root);
        var user = ImageUser.Of(name.AsSpan().ContainsAnyExceptInRange('0', '9') ? name : $"{name}:{name}", image, "/");
        return new Owner(user.Uid, user.Gid);
    }
}
