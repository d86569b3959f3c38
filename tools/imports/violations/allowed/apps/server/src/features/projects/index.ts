export const findProject = 1;
