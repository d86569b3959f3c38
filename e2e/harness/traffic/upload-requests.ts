const BOUNDARY = "evertrack-traffic-boundary";

/** An upload as its request carries it. */
export interface UploadRequest {
  readonly body: string;
  readonly contentType: string;
}

/** For POST /api/v1/bom. */
export function multipartUpload(projectName: string, bom: string): UploadRequest {
  const fields = { projectName, projectVersion: "1", autoCreate: "true" };
  const parts = Object.entries(fields).map(
    ([key, value]) => `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${key}"\r\n\r\n${value}\r\n`,
  );
  const file = `--${BOUNDARY}\r\nContent-Disposition: form-data; name="bom"; filename="bom.json"\r\n\r\n${bom}\r\n`;
  return {
    body: `${parts.join("")}${file}--${BOUNDARY}--\r\n`,
    contentType: `multipart/form-data; boundary=${BOUNDARY}`,
  };
}

/** For PUT /api/v1/bom. */
export function jsonUpload(projectName: string, bom: string): UploadRequest {
  const body = { projectName, projectVersion: "1", autoCreate: true, bom: Buffer.from(bom).toString("base64") };
  return { body: JSON.stringify(body), contentType: "application/json" };
}
