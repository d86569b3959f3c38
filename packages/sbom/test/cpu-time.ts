/** Milliseconds that this thread has computed: unlike the clock it does not count what other processes take. */
export function threadCpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}
