const SINKS = "checked by behaviour, in the specs of the sinks";

/** Official snippets that log nothing that could be compared, and why. */
export const notApplicable: Readonly<Record<string, string>> = {
  "concepts/file_sink": SINKS,
  "concepts/grpc_sink": SINKS,
  "concepts/how-does-rerun-work/log-to-grpc": SINKS,
  "concepts/how-does-rerun-work/log-to-rrd": SINKS,
  "howto/serve_web_viewer": SINKS,
  "howto/set_sinks": SINKS,
  "tutorials/default-off-session":
    "logs nothing; checked by behaviour, in the spec of the recording stream",
};
