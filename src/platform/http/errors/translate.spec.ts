import { BadGatewayException, ForbiddenException, HttpException, NotFoundException } from '@nestjs/common';
import { AppError } from '../../../kernel/index.js';
import { toClientError } from './translate.js';

const coded = (code: string, more: object = {}) => Object.assign(new Error('swordfish'), { code, ...more });

describe('what a client is told', () => {
  it('is an error of the catalogue as it was thrown', () => {
    const error = new AppError('THREAD_BUSY', 'Wait.');
    expect(toClientError(error, 'r')).toBe(error);
  });

  it.each([
    [new NotFoundException('Cannot GET /secret?ticket=swordfish'), 'NOT_FOUND'],
    [new ForbiddenException('swordfish'), 'FORBIDDEN'],
    [new HttpException('swordfish', 405), 'NOT_FOUND'],
    [new HttpException('swordfish', 413), 'PAYLOAD_TOO_LARGE'],
    [new HttpException('swordfish', 415), 'UNSUPPORTED_MEDIA_TYPE'],
    [new HttpException('swordfish', 429), 'RATE_LIMITED'],
    [new HttpException('swordfish', 418), 'INTERNAL'],
    [new BadGatewayException('swordfish'), 'INTERNAL'],
    [coded('FST_ERR_CTP_BODY_TOO_LARGE', { statusCode: 413 }), 'PAYLOAD_TOO_LARGE'],
    [coded('FST_ERR_CTP_INVALID_MEDIA_TYPE', { statusCode: 415 }), 'UNSUPPORTED_MEDIA_TYPE'],
    [coded('FST_ERR_CTP_INVALID_CONTENT_LENGTH', { statusCode: 400 }), 'VALIDATION_FAILED'],
    [coded('FST_FILES_LIMIT', { statusCode: 413 }), 'PAYLOAD_TOO_LARGE'],
    [coded('FST_INVALID_MULTIPART_CONTENT_TYPE', { statusCode: 406 }), 'UNSUPPORTED_MEDIA_TYPE'],
    [coded('22021', { severity: 'ERROR' }), 'VALIDATION_FAILED'],
    [coded('22P05', { severity: 'ERROR' }), 'VALIDATION_FAILED'],
    [coded('23505', { severity: 'ERROR' }), 'INTERNAL'],
    [Object.assign(new Error('swordfish'), { statusCode: 401 }), 'INTERNAL'],
    [new Error('swordfish'), 'INTERNAL'],
    ['swordfish', 'INTERNAL'],
    [undefined, 'INTERNAL'],
    [null, 'INTERNAL'],
  ])('of %p is a code of the catalogue and no word of its own', (thrown, code) => {
    const error = toClientError(thrown, 'r');
    expect(error.code).toBe(code);
    expect(JSON.stringify(error.toBody())).not.toContain('swordfish');
  });

  it.each([
    coded('ECONNREFUSED'),
    coded('57P01', { severity: 'FATAL' }),
    coded('53300', { severity: 'FATAL' }),
    coded('08006', { severity: 'FATAL' }),
    coded('25006', { severity: 'ERROR' }),
    coded('55P03', { severity: 'ERROR' }),
    coded('EHOSTUNREACH'),
    new Error('Query read timeout'),
    new Error('timeout expired'),
    new Error('Connection terminated unexpectedly'),
    new Error('timeout exceeded when trying to connect'),
  ])('while the database is out of reach is that it may be tried again: %p', (thrown) => {
    const error = toClientError(thrown, 'r');
    expect(error).toMatchObject({ code: 'INTERNAL', retryable: true, details: { requestId: 'r' } });
  });

  it('of anything unexpected includes the id of the request', () => {
    expect(toClientError(new Error(), 'r').details).toEqual({ requestId: 'r' });
    expect(toClientError(new AppError('INTERNAL', 'Broken.', { details: { a: 1 } }), 'r').details).toEqual({
      a: 1,
      requestId: 'r',
    });
  });
});
