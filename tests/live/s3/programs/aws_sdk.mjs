// `node aws_sdk.mjs VERB …`: the AWS SDK for JavaScript v3, told what to do by its arguments and where by the environment.
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, readdir } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { pipeline } from 'node:stream/promises'

const installed = createRequire(join(process.env.S3_NODE, 'package.json'))
const { S3, GetObjectCommand, PutObjectCommand, paginateListObjectsV2 } = installed('@aws-sdk/client-s3')
const { Upload } = installed('@aws-sdk/lib-storage')
const { getSignedUrl } = installed('@aws-sdk/s3-request-presigner')

const s3 = new S3({ endpoint: process.env.S3_URL, forcePathStyle: true })

async function * keys (Bucket, Prefix) {
  for await (const page of paginateListObjectsV2({ client: s3 }, { Bucket, Prefix })) {
    for (const each of page.Contents ?? []) yield each.Key
  }
}

async function files (folder) {
  const found = await readdir(folder, { recursive: true, withFileTypes: true })
  return found.filter(each => each.isFile()).map(each => join(each.parentPath ?? each.path, each.name))
}

const verbs = {
  async put (file, Bucket, Key) {
    const params = { Bucket, Key, Body: createReadStream(file) }
    await new Upload({ client: s3, params, partSize: 8 << 20 }).done()
  },
  async get (Bucket, Key, file) {
    const answer = await s3.getObject({ Bucket, Key })
    await mkdir(dirname(file), { recursive: true })
    await pipeline(answer.Body, createWriteStream(file))
  },
  async part (Bucket, Key, first, last) {
    const answer = await s3.getObject({ Bucket, Key, Range: `bytes=${first}-${last}` })
    process.stdout.write(await answer.Body.transformToByteArray())
  },
  async listing (bucket, prefix) {
    const found = []
    for await (const key of keys(bucket, prefix)) found.push(key + '\n')
    process.stdout.write(found.join(''))
  },
  async copy (Bucket, key, Key) {
    await s3.copyObject({ Bucket, Key, CopySource: encodeURIComponent(`${Bucket}/${key}`) })
  },
  async move (bucket, key, to) {
    await verbs.copy(bucket, key, to)
    await verbs.delete(bucket, key)
  },
  async delete (Bucket, Key) {
    await s3.deleteObject({ Bucket, Key })
  },
  async sync_there (folder, bucket, prefix) {
    await Promise.all((await files(folder)).map(file => verbs.put(file, bucket, prefix + relative(folder, file))))
  },
  async sync_back (bucket, prefix, folder) {
    for await (const key of keys(bucket, prefix)) {
      if (!key.endsWith('/')) await verbs.get(bucket, key, join(folder, key.slice(prefix.length)))
    }
  },
  async presign (Bucket, Key) {
    console.log(await getSignedUrl(s3, new GetObjectCommand({ Bucket, Key }), { expiresIn: 600 }))
  },
  async presign_put (Bucket, Key) {
    console.log(await getSignedUrl(s3, new PutObjectCommand({ Bucket, Key }), { expiresIn: 600 }))
  }
}

const [verb, ...rest] = process.argv.slice(2)
await verbs[verb](...rest)
