/** Where this server says who it is, below its public address. */
export const CLIENT_METADATA_PATH = '/client-metadata.json';
/** Where browsers come back to from a login. */
export const OAUTH_CALLBACK_PATH = '/mcp/oauth/callback';

/** What this server says of itself as a client of authorization servers (RFC 7591). */
export function clientMetadata(publicUrl: string | undefined, redirectUri: string) {
  return {
    client_name: 'Threadline',
    ...(publicUrl !== undefined && { client_uri: publicUrl }),
    redirect_uris: [redirectUri],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
  };
}

/** The same as a document under the address that it names, by which authorization servers know this server. */
export function clientDocument(publicUrl: string) {
  return {
    client_id: publicUrl + CLIENT_METADATA_PATH,
    ...clientMetadata(publicUrl, publicUrl + OAUTH_CALLBACK_PATH),
    token_endpoint_auth_method: 'none',
    application_type: 'web',
  };
}
