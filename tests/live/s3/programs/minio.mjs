// `node minio.mjs VERB …`: minio-js, told what to do by its arguments and where by the environment.
import { readdir } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join, relative } from 'node:path'

const installed = createRequire(join(process.env.S3_NODE, 'package.json'))
const { Client, CopyConditions } = installed('minio')

const at = new URL(process.env.S3_URL)
const s3 = new Client({
  endPoint: at.hostname,
  port: Number(at.port),
  useSSL: at.protocol === 'https:',
  accessKey: process.env.AWS_ACCESS_KEY_ID,
  secretKey: process.env.AWS_SECRET_ACCESS_KEY,
  partSize: 8 << 20
})

async function * keys (bucket, prefix) {
  for await (const each of s3.listObjectsV2(bucket, prefix, true)) yield each.name
}

async function files (folder) {
  const found = await readdir(folder, { recursive: true, withFileTypes: true })
  return found.filter(each => each.isFile()).map(each => join(each.parentPath ?? each.path, each.name))
}

const verbs = {
  async put (file, bucket, key) {
    await s3.fPutObject(bucket, key, file, {})
  },
  async get (bucket, key, file) {
    await s3.fGetObject(bucket, key, file)
  },
  async part (bucket, key, first, last) {
    const stream = await s3.getPartialObject(bucket, key, Number(first), Number(last) - Number(first) + 1)
    for await (const chunk of stream) process.stdout.write(chunk)
  },
  async listing (bucket, prefix) {
    const found = []
    for await (const key of keys(bucket, prefix)) found.push(key + '\n')
    process.stdout.write(found.join(''))
  },
  async copy (bucket, key, to) {
    await s3.copyObject(bucket, to, `/${bucket}/${key}`, new CopyConditions())
  },
  async move (bucket, key, to) {
    await verbs.copy(bucket, key, to)
    await verbs.delete(bucket, key)
  },
  async delete (bucket, key) {
    await s3.removeObject(bucket, key)
  },
  async sync_there (folder, bucket, prefix) {
    for (const file of await files(folder)) await verbs.put(file, bucket, prefix + relative(folder, file))
  },
  async sync_back (bucket, prefix, folder) {
    for await (const key of keys(bucket, prefix)) {
      if (!key.endsWith('/')) await verbs.get(bucket, key, join(folder, key.slice(prefix.length)))
    }
  },
  async presign (bucket, key) {
    console.log(await s3.presignedGetObject(bucket, key, 600))
  },
  async presign_put (bucket, key) {
    console.log(await s3.presignedPutObject(bucket, key, 600))
  }
}

const [verb, ...rest] = process.argv.slice(2)
await verbs[verb](...rest)
