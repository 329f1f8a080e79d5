export {
  asset3dFile,
  assetVideoFile,
  encodedDepthImageFile,
  encodedImageFile,
  type FilePath,
  textDocumentFile,
} from "./files.ts";
export { type SaveBlueprintOptions, saveBlueprint } from "./save-blueprint.ts";
export { addRerunOptions, type RerunArguments, type RerunFlag } from "./script/flags.ts";
export { type Script, type ScriptOptions, scriptSetup } from "./script/script-setup.ts";
export {
  type RecordingSetup,
  type SetupOptions,
  setupRecording,
} from "./script/setup-recording.ts";
