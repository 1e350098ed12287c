// A picture server of sharp's: GET /FILE.jpg → 1200 pixels, the logo, quality 82; what was made is kept in a folder.
// node sharp.mjs PORT PHOTOS LOGO KEPT
import { createReadStream } from "node:fs";
import { rename, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import sharp from "sharp";

const [port, photos, logo, kept] = process.argv.slice(2);
sharp.cache(false);

async function make(name, into) {
  const bytes = await sharp(join(photos, name))
    .resize(1200, 1200, { fit: "inside", withoutEnlargement: true })
    .composite([{ input: logo, gravity: "southeast" }])
    .jpeg({ quality: 82, optimiseCoding: true })
    .toBuffer();
  await writeFile(`${into}.part`, bytes);
  await rename(`${into}.part`, into);
}

createServer(async (request, response) => {
  const name = new URL(request.url, "http://x").pathname.slice(1);
  const into = join(kept, name);
  try {
    const found = await stat(into).catch(() => make(name, into).then(() => stat(into)));
    response.writeHead(200, { "Content-Type": "image/jpeg", "Content-Length": found.size });
    createReadStream(into).pipe(response);
  } catch (error) {
    response.writeHead(500).end(String(error));
  }
}).listen(Number(port), "127.0.0.1");
