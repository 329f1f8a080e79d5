export {
  asset3dFile,
  assetVideoFile,
  encodedDepthImageFile,
  encodedImageFile,
  type FilePath,
  textDocumentFile,
} from "./files.ts";
