/** Options of commands that can run in the background. */
export const daemonOptions = {
  pidfile: { type: "string", describe: "write the process id to this file" },
  detach: { alias: "D", type: "boolean", describe: "run in the background" },
  uid: { type: "string", describe: "user to run as" },
  gid: { type: "string", describe: "group to run as" },
  umask: { type: "string", describe: "file mode mask, octal" },
  executable: { type: "string", describe: "program that runs it with --detach; default this Node" },
} as const;

/** Their title in the help. */
export const daemonGroups: Readonly<Record<string, readonly (keyof typeof daemonOptions)[]>> = {
  "Daemon:": ["detach", "pidfile", "uid", "gid", "umask", "executable"],
};
