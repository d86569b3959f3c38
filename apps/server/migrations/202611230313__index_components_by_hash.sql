-- phase: expand

-- Portfolio search: which components have a file with this hash.
create index concurrently if not exists component_hashes on component using gin ((detail -> 'hashes') jsonb_path_ops)
  where detail ? 'hashes';
