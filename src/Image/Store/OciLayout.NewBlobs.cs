using SharpRun.Image.Pack;

namespace SharpRun.Image.Store;

sealed partial class OciLayout
{
    /// <summary>A blob that is made here, and whose digest is known when it is finished.</summary>
    public NewBlob NewBlob() => new(MakeFolderOf("sha256"));
}
