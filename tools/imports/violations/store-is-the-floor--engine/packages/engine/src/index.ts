export const startRun = 1;
