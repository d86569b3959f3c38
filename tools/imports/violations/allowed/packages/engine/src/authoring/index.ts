export const defineWorkflow = 1;
