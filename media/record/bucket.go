package record

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"gocloud.dev/blob"
	_ "gocloud.dev/blob/fileblob" // file://
	_ "gocloud.dev/blob/s3blob"   // s3://, by the AWS SDK's own settings and environment
)

// OpenBucket opens where finished recordings go: a directory, or a URL of gocloud.dev/blob, such as
// s3://recordings?region=ap-northeast-1 or file:///mnt/recordings. It does not ask whether the bucket is there.
func OpenBucket(ctx context.Context, where string) (*blob.Bucket, error) {
	if u, err := url.Parse(where); err != nil || u.Scheme == "" {
		dir, err := filepath.Abs(where)
		if err != nil {
			return nil, fmt.Errorf("record: bucket: %w", err)
		}
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, fmt.Errorf("record: bucket: %w", err)
		}
		// Temporary files lie beside the others: a rename does not cross disks. There is nothing to say in .attrs files.
		where = (&url.URL{Scheme: "file", Path: dir, RawQuery: "no_tmp_dir=true&metadata=skip&dir_file_mode=0700"}).String()
	}
	b, err := blob.OpenBucket(ctx, where)
	if err != nil {
		return nil, fmt.Errorf("record: bucket %s: %w", where, err)
	}
	return b, nil
}

// TryBucket writes, reads and removes a small object.
func TryBucket(ctx context.Context, b *blob.Bucket) error {
	const name, content = "patchbay-doctor", "patchbay"
	if err := b.WriteAll(ctx, name, []byte(content), nil); err != nil {
		return fmt.Errorf("record: write to the bucket: %w", err)
	}
	got, err := b.ReadAll(ctx, name)
	if err == nil && string(got) != content {
		err = fmt.Errorf("it gives back %d other bytes", len(got))
	}
	if err != nil {
		return fmt.Errorf("record: read from the bucket: %w", err)
	}
	if err := b.Delete(ctx, name); err != nil {
		return fmt.Errorf("record: remove from the bucket: %w", err)
	}
	return nil
}
