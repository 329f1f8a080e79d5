const BEHAVIOUR = "what it does is checked in behaviour.spec.ts";

/** Official snippets that are about sinks and switches rather than data, and where they are checked. */
export const notApplicable: Readonly<Record<string, string>> = {
  "concepts/file_sink": BEHAVIOUR,
  "concepts/grpc_sink": BEHAVIOUR,
  "concepts/how-does-rerun-work/log-to-grpc": BEHAVIOUR,
  "concepts/how-does-rerun-work/log-to-rrd": BEHAVIOUR,
  "howto/serve_web_viewer": BEHAVIOUR,
  "howto/set_sinks": BEHAVIOUR,
  "tutorials/default-off-session": BEHAVIOUR,
};
